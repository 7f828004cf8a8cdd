"""In and out: passwords, sessions, forms from elsewhere, a disk without room."""

import contextlib
import html
import re
import sqlite3

import pytest

from agent.web.pages.kept import read_kept
from agent.web.roles import Role
from tests.agent.web.rig import LOST, PASSWORD


def test_a_wrong_password_says_no_more_than_that(site):
    site.person(Role.VIEWER)
    wrong = site.nobody().post("/login", user="viewer", password="not this one")
    ghost = site.nobody().post("/login", user="ghost", password="not this one")
    assert (wrong.status_code, ghost.status_code) == (401, 401)
    assert "do not fit" in wrong.text
    assert wrong.text == ghost.text
    assert "not this one" not in wrong.text


def test_guessing_is_slowed_down(site):
    someone = site.nobody()
    for _ in range(5):
        someone.post("/login", user="guessed", password="wrong again")
    answer = someone.post("/login", user="guessed", password="wrong again")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    site.scene.agent.accounts._db.execute("DELETE FROM refusal")  # the other tests come from this address too


def test_logging_out_ends_the_session_on_the_server(site):
    someone = site.person(Role.VIEWER, anew=True)
    cookies = someone.session.cookies.get_dict()
    assert someone.act("/logout").status_code == 303
    someone.session.cookies.update(cookies)
    assert someone.get("/").status_code == 303
    site.person(Role.VIEWER, anew=True)


def test_the_cookie_is_for_this_site_and_no_script(site):
    site.person(Role.VIEWER)
    answer = site.nobody().post("/login", user="viewer", password=PASSWORD)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_form_without_its_token_or_from_elsewhere_changes_nothing(site):
    someone, number = site.person(Role.MANAGER), site.ticket()
    before = site.scene.agent.store.order_of_ticket(f"{LOST}#1")
    assert someone.post(f"/tickets/{number}", do="cause", value="CABLE").status_code == 403
    assert someone.post(f"/tickets/{number}", do="cause", value="CABLE", csrf="0" * 64).status_code == 403
    token = someone.csrf()
    someone.session.headers["sec-fetch-site"] = "cross-site"
    assert someone.post(f"/tickets/{number}", do="cause", value="CABLE", csrf=token).status_code == 403
    answer = someone.session.post(
        site.base + f"/api/v1/tickets/{number}/work-order", json={"do": "cause", "value": "CABLE"}
    )
    assert answer.status_code == 403
    del someone.session.headers["sec-fetch-site"]
    assert site.scene.agent.store.order_of_ticket(f"{LOST}#1").order.cause == before.order.cause


OURS = {"sec-fetch-site": "same-origin"}


def test_a_form_whose_session_is_over_is_kept_through_the_log_in(site):
    """Log in, look at what was written, send it; until then nothing is changed."""
    someone, number = site.person(Role.TECHNICIAN, anew=True), site.ticket()
    page = someone.get(f"/tickets/{number}").text
    token = re.search(r'name="csrf" value="(\w+)"', page)[1]
    written = {"csrf": token, "do": "cause", "value": "CABLE", "why": "a long <text>"}
    someone.session.cookies.clear()
    url = f"{site.base}/tickets/{number}"
    refused = someone.session.post(url, data=written, headers=OURS, timeout=20)
    assert refused.status_code == 401
    assert "What you wrote is kept" in refused.text
    kept = html.unescape(re.search(r'name="kept" value="([^"]+)"', refused.text)[1])
    assert token not in kept
    wrong = someone.post("/login", user="technician", password="not this one", kept=kept)
    assert wrong.status_code == 401
    assert html.escape(kept) in wrong.text.replace("&#34;", "&quot;")
    shown = someone.post("/login", user="technician", password=PASSWORD, kept=kept)
    assert shown.status_code == 200
    assert "a long &lt;text&gt;" in shown.text
    fields = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown.text.split("<main")[1])
    )
    assert fields["csrf"] != token
    again = someone.session.post(url, data=fields, headers=OURS, timeout=20, allow_redirects=False)
    assert again.status_code == 303
    site.scene.agent.accounts._db.execute("DELETE FROM refusal")


def test_a_page_of_an_older_session_offers_its_form_again(site):
    someone = site.person(Role.TECHNICIAN)
    older = {"csrf": "0" * 64, "devices": "cam-2", "lasts": "3600", "why": "a new <pole>"}
    answer = someone.session.post(f"{site.base}/planned", data=older, headers=OURS, timeout=20)
    assert answer.status_code == 403
    assert "a new &lt;pole&gt;" in answer.text
    elsewhere = {"sec-fetch-site": "cross-site"}
    foreign = someone.session.post(f"{site.base}/planned", data=older, headers=elsewhere, timeout=20)
    assert foreign.status_code == 403
    assert "open its page anew" in foreign.text
    assert "pole" not in foreign.text, "a form from elsewhere is not handed on"
    assert not any(w.why == older["why"] for w in site.scene.agent.pipeline.emission.gate.windows)


@pytest.mark.parametrize(
    "kept",
    ["{", "[]", "null", '{"path": "//evil.example/", "fields": []}', '{"path": "/", "fields": []}',
     '{"path": "/planned", "fields": [["a"]]}', '{"path": "/planned", "fields": [["a", 1]]}', "[" * 20_000],
)  # fmt: skip
def test_what_is_no_form_of_ours_is_not_carried(kept):
    assert read_kept(kept) is None


def test_a_full_disk_is_a_page_with_a_way_out_and_changes_nothing(site):
    site.person(Role.VIEWER)
    db = site.scene.agent.accounts._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")  # as on a disk without room
    try:
        with contextlib.suppress(sqlite3.OperationalError):
            for number in range(20_000):
                db.execute("INSERT INTO session VALUES (?, 'viewer', 0, 0)", (f"{number:064}",))
        before = db.execute("SELECT count(*) FROM session").fetchone()
        answers = [site.nobody().post("/login", user="viewer", password=PASSWORD) for _ in range(3)]
        after = db.execute("SELECT count(*) FROM session").fetchone()
    finally:
        db.execute("PRAGMA max_page_count = 1073741823")
        db.execute("DELETE FROM session WHERE used = 0")
    full = [one for one in answers if one.status_code == 503]
    assert full, [one.status_code for one in answers]  # in a page that was split there may be room for one
    assert after[0] - before[0] == len(answers) - len(full)
    assert "is the disk full" in full[0].text
    assert "Back to the overview" in full[0].text
    assert "Traceback" not in full[0].text
