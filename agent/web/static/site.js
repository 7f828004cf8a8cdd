// Keeps the page as new as the agent: a server-sent event says that something changed, the content is then fetched anew.
// Without this script every page works; it only has to be loaded again by hand.
"use strict";
(() => {
  const REST = 3000; // at most one fetch in so many milliseconds, and not all readers at the same moment
  const lost = document.getElementById("lost");
  const content = document.getElementById("content");
  let wanted = false, timer = 0, last = -REST;

  const isWritten = (one) => one.matches("select")
    ? [...one.options].some((option, index) => option.selected !== (option.defaultSelected || (index === 0 && !one.querySelector("option[selected]"))))
    : one.matches("[type=checkbox], [type=radio]") ? one.checked !== one.defaultChecked
    : one.type !== "hidden" && one.value !== one.defaultValue;
  // Whoever writes is not disturbed, nor is what he wrote thrown away.
  const isBusy = () => content.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")
    || [...content.querySelectorAll("input, select, textarea")].some(isWritten);

  const stops = () => [...content.querySelectorAll("a, button, summary")];
  const name = (one) => one && `${one.tagName} ${one.getAttribute("href") || one.textContent}`;

  async function refresh() {
    if (isBusy() || document.hidden) { wanted = true; return; }
    wanted = false;
    last = Date.now();
    const answer = await fetch(location.href, { headers: { "x-siteward-partial": "1" } }).catch(() => null);
    if (!answer || !answer.ok) { return; }
    if (answer.redirected) { location.reload(); return; }
    const text = await answer.text();
    if (isBusy()) { wanted = true; return; }
    const open = [...content.querySelectorAll("details")].map((one) => one.open);
    const top = window.scrollY, at = stops().indexOf(document.activeElement), was = name(stops()[at]);
    content.innerHTML = text;
    content.querySelectorAll("details").forEach((one, index) => { one.open = open[index] ?? one.open; });
    window.scrollTo(0, top);
    if (at >= 0) { (stops().find((one) => name(one) === was) || stops()[at] || content).focus({ preventScroll: true }); }
  }

  function soon() {
    if (timer) { return; }
    const wait = Math.max(0, last + REST - Date.now()) + Math.random() * 500;
    timer = setTimeout(() => { timer = 0; refresh(); }, wait);
  }

  function listen() {
    const source = new EventSource("/live");
    source.addEventListener("open", () => { if (!lost.hidden) { soon(); } lost.hidden = true; });
    source.addEventListener("changed", soon);
    source.addEventListener("error", () => {
      lost.hidden = false;
      if (source.readyState !== EventSource.CLOSED) { return; } // the browser tries again by itself
      setTimeout(listen, 5000 + Math.random() * 2000);
      soon(); // a session that is over leads to the log-in
    });
  }

  listen();
  document.addEventListener("visibilitychange", () => { if (wanted) { soon(); } });
  document.addEventListener("focusout", () => { if (wanted) { soon(); } });
})();
