// Keeps the page as new as the agent: a server-sent event says that something changed, the content is then fetched anew.
// Without this script every page works; it only has to be loaded again by hand.
"use strict";
(() => {
  const lost = document.getElementById("lost");
  const content = document.getElementById("content");
  const isBusy = () => content.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
  let wanted = false;

  async function refresh() {
    if (isBusy() || document.hidden) { wanted = true; return; }
    wanted = false;
    const answer = await fetch(location.href, { headers: { "x-siteward-partial": "1" } });
    if (answer.redirected) { location.reload(); return; }
    if (!answer.ok) { return; }
    const open = [...content.querySelectorAll("details")].map((one) => one.open);
    const top = window.scrollY;
    content.innerHTML = await answer.text();
    content.querySelectorAll("details").forEach((one, index) => { one.open = open[index] || false; });
    window.scrollTo(0, top);
  }

  const source = new EventSource("/live");
  source.addEventListener("open", () => { if (!lost.hidden) { refresh(); } lost.hidden = true; });
  source.addEventListener("changed", refresh);
  source.addEventListener("error", () => { lost.hidden = false; });
  document.addEventListener("visibilitychange", () => { if (wanted) { refresh(); } });
  document.addEventListener("focusout", () => { if (wanted) { setTimeout(refresh, 200); } });
})();
