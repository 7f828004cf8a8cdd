"""Who sees and does what: role x route and scope x route, over every route there is."""

import re

import pytest
from starlette.routing import Mount, compile_path

from agent.web.roles import GRANTS, Permission
from agent.web.site import make_site
from tests.agent.web.tables import API_DEEDS, DEEDS, PAGES, PEOPLE

P = Permission


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_anything_without_logging_in(site, path):
    answer = site.nobody().get(path)
    if path.startswith("/api/"):
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=")
    assert "North gate" not in answer.text


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_sees_just_what_it_may(site, role):
    someone = site.person(role)
    seen = {path: someone.get(path).status_code for path in PAGES}
    for path, needs in PAGES.items():
        may = {200, 404} if needs in GRANTS[role] else {403}  # no picture was taken: 404 for those who may
        assert seen[path] in may, (path, seen[path])


@pytest.mark.parametrize("scope", Permission)
def test_each_scope_of_a_token_opens_just_its_own(site, scope):
    program = site.program(scope)
    for path, needs in PAGES.items():
        assert (program.get(path).status_code in {200, 404}) == (needs is scope), path


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("do", ["cause", "waive"])
def test_only_those_who_may_change_a_ticket(site, role, do):
    needs = {"cause": P.WORK, "waive": P.WAIVE}[do]
    number = site.ticket()
    # A wish that can never be granted: those who may are told why, the others that they may not.
    answer = site.person(role).act(
        f"/tickets/{number}", do=do, value="NO_SUCH_CAUSE" if do == "cause" else "yes", why=""
    )
    assert answer.status_code == (403 if needs not in GRANTS[role] else 422 if do == "cause" else 409)


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_does_just_what_it_may(site, role):
    someone = site.person(role)
    token = someone.csrf()
    for path, needs in DEEDS.items():
        status = someone.post(path, csrf=token).status_code
        assert (status == 403) == (needs not in GRANTS[role]), (path, status)
        assert status in {403, 404, 409, 422}, (path, status)


@pytest.mark.parametrize("scope", Permission)
def test_each_scope_of_a_token_does_just_its_own(site, scope):
    program = site.program(scope)
    for path, (body, needs) in API_DEEDS.items():
        status = program.session.post(site.base + path, json=body, timeout=20).status_code
        assert (status in {404, 409}) if needs is scope else status == 403, (path, status)


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_does_just_what_it_may_by_the_api(site, role):
    someone = site.person(role)
    for path, (body, needs) in API_DEEDS.items():
        status = someone.session.post(site.base + path, json=body, timeout=20).status_code
        assert (status in {404, 409}) if needs in GRANTS[role] else status == 403, (path, status)


# Ways in that are for everybody, and what has tests of its own beside the tables.
OPEN = {"/login", "/login/oidc", "/login/oidc/back", "/language", "/static", "/api/v1/hooks/helpdesk"}
APART = {("POST", "/tickets/{number}"), ("POST", "/logout"), ("GET", "/live"), ("GET", "/api/v1/events")}
FILLED = {
    "id": "cam-1",
    "device": "cam-1",
    "number": "1",
    "index": "0",
    "key": "test/cam-1/-/REACH_LOST",
    "name": "kpi",
}


def every_route(app, under=""):
    """Yield (method, path) of all that an application answers, mounts included."""
    for route in app.routes:
        if isinstance(route, Mount) and route.routes:
            yield from every_route(route, under + route.path)
        elif isinstance(route, Mount):
            yield "GET", under + route.path
        else:
            yield from ((method, under + route.path) for method in sorted(route.methods - {"HEAD"}))


def guarded(site):
    whole = make_site(site.scene.agent, site.scene.agent.accounts)
    return sorted((method, path) for method, path in every_route(whole) if path not in OPEN)


def test_every_route_there_is_stands_in_a_table_of_roles(site):
    """A page or an operation whose permission nobody tests cannot slip in."""
    asked = {("GET", path.split("?")[0]) for path in PAGES}
    asked |= {("POST", path) for path in (*DEEDS, *API_DEEDS)}
    missing = [
        (method, path)
        for method, path in guarded(site)
        if (method, path) not in APART
        and not any(how == method and compile_path(path)[0].match(at) for how, at in asked)
    ]
    assert not missing


def test_no_route_there_is_lets_a_stranger_in(site):
    nobody = site.nobody()
    for method, path in guarded(site):
        filled = re.sub(r"{(\w+)[^}]*}", lambda part: FILLED[part[1]], path)
        answer = nobody.session.request(method, site.base + filled, timeout=20, allow_redirects=False)
        is_sent_to_the_door = answer.status_code == 303 and answer.headers["location"].startswith(
            "/login?next="
        )
        assert is_sent_to_the_door or answer.status_code == 401, (method, filled, answer.status_code)


def test_metrics_and_health_need_no_login(site):
    for path in ("/metrics", "/healthz", "/readyz"):
        assert site.nobody().get(path).status_code == 200
