"""The site's pages as people use them, in Chromium: from a ticket's link to the proven repair."""

import os
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from agent.web.roles import Role
from tests.agent.web.rig import PASSWORD, Served, served
from tests.real import web_stage

expect.set_options(
    timeout=20_000
)  # a form is answered after the agent has written it down, on a busy machine
pytestmark = pytest.mark.real

# Chromium must not look for anything outside, and root has no sandbox for it.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"width": 1100, "height": 700}
PHONE = {"width": 390, "height": 844}
PAGES = [
    "/", "/devices", "/devices/cam-2", "/devices/cam-2/baseline", "/tickets", "/map", "/agent", "/wall", "/service",
    "/service/records/1", "/figures", "/predictions", "/planned", "/baselines", "/audit",
]  # fmt: skip
DARK = ["/", "/map", "/predictions", "/service/records/1", "/planned"]  # what has colours of its own
AXE = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}
SCREENS = os.environ.get("SITEWARD_SCREENS", "")  # a folder for the README's pictures: `make screens`


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    stage = {"devices": web_stage.devices(), "until": web_stage.worth_looking_at}
    with served(folder, **stage, **web_stage.SETTINGS) as found:
        found.person(Role.MANAGER).act("/service/records", plan="quarterly")
        yield found


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield found
        found.close()


def entered(browser: Browser, site: Served, path: str, role: Role = Role.MANAGER, **context) -> Page:
    """Follow a link as somebody who has to log in first."""
    site.person(role)
    page = browser.new_context(**context).new_page()
    page.goto(site.base + path)
    page.get_by_label("User name").fill(role.value)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def test_the_covered_camera_its_before_and_now_and_its_ticket_in_three_taps(browser, site):
    page = entered(browser, site, "/", viewport=PHONE, is_mobile=True, has_touch=True)
    card = page.locator(".incident", has_text="Lens covered")
    card.get_by_role("link", name="Ticket").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lens covered")
    for word in ("At hand-over", "Before", "Now"):
        picture = page.locator("figure", has=page.get_by_text(word, exact=True)).locator("img").first
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", value=True)
        assert picture.evaluate("one => one.naturalWidth") > 0, word
    page.context.close()


@pytest.mark.skipif(not SCREENS, reason="only `make screens` writes the README's pictures")
def test_the_pictures_of_the_readme(browser, site):
    folder = Path(SCREENS)
    folder.mkdir(parents=True, exist_ok=True)
    ticket = f"/tickets/{site.ticket(web_stage.COVERED)}"
    for name, path, size in (
        ("overview", "/", DESK), ("ticket", ticket, DESK), ("map", "/map", DESK),
        ("forecast", "/predictions", PHONE), ("inspection", "/service/records/1", PHONE),
    ):  # fmt: skip
        page = entered(browser, site, path, viewport=size)
        expect(page.locator("h1")).to_be_visible()  # the event stream never rests: wait for what is looked at
        for picture in page.locator("figure img").all()[:4]:
            expect(picture).to_have_js_property("complete", value=True)
        page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=70)
        page.context.close()


def test_from_the_tickets_link_to_the_proven_repair(browser, site):
    page = entered(browser, site, "/incidents/" + quote(web_stage.COVERED))
    number = site.ticket(web_stage.COVERED)
    assert page.url == f"{site.base}/tickets/{number}"

    page.get_by_label("Confirm the cause").select_option(label="cable, plug or fibre damaged")
    page.locator("form:has(input[value=cause])").get_by_role("button").click()
    expect(page.get_by_text("confirmed by A manager")).to_be_visible()

    for step in ("triaged", "dispatched", "on site", "in repair"):
        page.get_by_label("Next step").select_option(label=step)
        page.locator("form:has(select[name=value]):has(input[value=move])").get_by_role("button").click()
        expect(page.get_by_text(step, exact=True).first).to_be_visible()

    page.get_by_role(
        "button", name="It is repaired"
    ).click()  # it is not: the page shows by itself that it came back
    expect(page.get_by_text("being re-tested", exact=True).first).to_be_visible()
    expect(page.get_by_text("in repair", exact=True).first).to_be_visible(timeout=40_000)

    site.there(site.scene.world.switch_off, "cam-2", "covered")
    page.get_by_role("button", name="It is repaired").click()
    expect(page.get_by_text("resolved", exact=True).first).to_be_visible(timeout=60_000)
    page.context.close()


def test_a_phone_shows_everything_without_scrolling_sideways(browser, site):
    page = entered(browser, site, "/", viewport=PHONE, is_mobile=True, has_touch=True)
    for path in PAGES:
        page.goto(site.base + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{path} is {width} wide"
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(browser, site, scheme):
    page = entered(browser, site, "/", color_scheme=scheme)
    pages = PAGES if scheme == "light" else DARK
    for path in [*pages, f"/tickets/{site.ticket(web_stage.COVERED)}"]:
        page.goto(site.base + path)
        serious(page, path)
    page.context.clear_cookies()
    page.goto(site.base + "/login")
    serious(page, "/login")
    page.context.close()


def serious(page: Page, path: str) -> None:
    """Fail where axe finds what keeps somebody out."""
    found = Axe().run(page, options=AXE).response["violations"]
    told = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}]
    assert not told, path


def test_everything_is_reached_by_the_keyboard(browser, site):
    page = entered(browser, site, "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.context.close()


def test_a_page_that_refreshes_itself_leaves_alone_what_is_written_and_where_the_keyboard_is(browser, site):
    page = entered(browser, site, "/planned")
    told, asked = [], []

    def tell(route):
        told.append(route)
        route.fulfill(content_type="text/event-stream", body="retry: 100\n\nevent: changed\ndata: {}\n\n")

    page.on("request", lambda one: asked.append(one) if "x-siteward-partial" in one.headers else None)
    page.route("**/live", tell)
    page.reload()
    page.get_by_label("Why").fill("half a sentence")
    page.get_by_role("link", name="Map").focus()
    asked.clear()
    before = len(told)
    until(page, lambda: len(told) > before + 4)
    assert not asked
    expect(page.get_by_label("Why")).to_have_value("half a sentence")

    page.get_by_label("Why").fill("")
    page.locator("#content summary").first.focus()
    until(page, lambda: asked)
    expect(page.locator("#content summary").first).to_be_focused()
    page.context.close()


def until(page, seen, seconds=30):
    """Wait for something that the browser tells us of."""
    for _ in range(seconds * 20):
        if seen():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came")


def test_what_was_written_outlives_the_session(browser, site):
    page = entered(browser, site, "/planned", viewport=PHONE, is_mobile=True, has_touch=True)
    page.get_by_label("Why").fill("a new mast from nine on")
    page.context.clear_cookies()
    page.get_by_role("button", name="Do it").tap()
    expect(page.get_by_text("What you wrote is kept.")).to_be_visible()
    page.get_by_label("User name").fill("manager")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").tap()
    expect(page.get_by_text("a new mast from nine on")).to_be_visible()
    serious(page, "again")
    page.get_by_role("button", name="Send it now").tap()
    expect(page.locator(".incident", has_text="a new mast from nine on")).to_be_visible()
    page.locator(".incident", has_text="a new mast from nine on").get_by_role("button").tap()
    page.context.close()


def test_planned_work_a_baseline_and_a_signature_by_touch(browser, site):
    page = entered(browser, site, "/planned?device=cam-4", viewport=PHONE, is_mobile=True, has_touch=True)
    page.get_by_label("Why").fill("new pole")
    page.get_by_role("button", name="Do it").tap()
    expect(page.get_by_text("new pole")).to_be_visible()

    page.goto(site.base + "/devices/cam-2/baseline")
    page.get_by_role("button", name="Accept as it is now").tap()
    expect(page.get_by_role("status").filter(has_text="Accepted")).to_be_visible()

    page.goto(site.base + "/service/records/1")
    page.get_by_label("good").first.check()
    page.get_by_role("button", name="Save").first.tap()
    expect(page.locator("td .state.ok", has_text="good").first).to_be_visible()
    page.get_by_label("For the customer").fill("Front desk")
    page.get_by_role("button", name="Sign").tap()
    expect(page.get_by_text("A manager / Front desk")).to_be_visible()
    page.context.close()


def test_the_language_is_switched_with_one_click(browser, site):
    page = entered(browser, site, "/tickets", Role.AUDITOR)
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("未关闭工单")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Open tickets")
    page.context.close()


def test_a_page_prints_without_its_buttons(browser, site, tmp_path):
    page = entered(browser, site, f"/tickets/{site.ticket(web_stage.COVERED)}")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    paper = Path(tmp_path / "ticket.pdf")
    page.pdf(path=paper, format="A4")
    assert paper.read_bytes().startswith(b"%PDF")
    page.context.close()
