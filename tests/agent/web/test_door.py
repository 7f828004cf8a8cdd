"""In and out: passwords, sessions, forms from elsewhere, a disk without room."""

import contextlib
import sqlite3

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
