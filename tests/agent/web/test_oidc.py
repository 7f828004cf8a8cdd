"""Log-in by OpenID Connect: who gets in, as what, and what is not believed."""

import re
import time
import warnings
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey
from pydantic import ValidationError

from agent.web.accounts import AccountError, Accounts
from agent.web.oidc import LASTS_SECONDS, Oidc, OidcError, role_of
from agent.web.roles import Role
from agent.web.settings import OidcConfig, WebConfig
from models.facts import Secret
from tests.agent.web.issuer import CLIENT, SECRET, issuing

BACK = "http://127.0.0.1:1/login/oidc/back"
ROLES = {"bosses": "manager", "techs": "technician"}


def config(issuer: str, **more) -> OidcConfig:
    return OidcConfig(issuer=issuer, client_id=CLIENT, client_secret="${env:X}", **{"roles": ROLES, **more})


@pytest.fixture
def issuer():
    with issuing() as one:
        yield one


@pytest.fixture
def party(issuer):
    return Oidc(config(issuer.issuer), Secret(SECRET), BACK)


def came_back(issuer, party, wanted="/tickets/7"):
    address, state = party.begin(wanted)
    return party.finish(state, issuer.enter(address))


def test_whom_the_issuer_vouches_for_comes_in_with_the_role_of_his_group(issuer, party):
    person, wanted = came_back(issuer, party)
    assert (person.name, person.full_name, person.role, wanted) == (
        "li.wei",
        "Li Wei",
        Role.TECHNICIAN,
        "/tickets/7",
    )
    issuer.claims = {"groups": ["techs", "bosses"]}
    assert came_back(issuer, party)[0].role is Role.MANAGER, "of several the first that is configured"


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "http://127.0.0.1:1"},
        {"aud": "another"},
        {"aud": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"nonce": "of another log-in"},
        {"nonce": None},
        {"azp": "another"},
        {"sub": None},
    ],
    ids="-".join,
)
def test_a_token_that_is_not_for_us_and_now_is_not_believed(issuer, party, lie):
    issuer.lie = lie
    with pytest.raises(OidcError):
        came_back(issuer, party)


def test_a_token_signed_by_another_key_is_not_believed(issuer, party):
    issuer.shown = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
    with pytest.raises(OidcError, match="not believed"):
        came_back(issuer, party)


def test_new_keys_of_the_issuer_are_fetched(issuer, party):
    came_back(issuer, party)
    issuer.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
    party._known = None  # as after an hour
    assert came_back(issuer, party)[0].name == "li.wei"


def test_a_code_is_good_once_and_for_the_browser_that_began(issuer, party):
    address, state = party.begin("/")
    given = issuer.enter(address)
    with pytest.raises(OidcError, match="another browser"):
        party.finish("another state", given)
    with pytest.raises(OidcError, match="do not know"):
        party.finish(state, given)


def test_who_takes_too_long_begins_again(issuer):
    now = [time.time()]
    party = Oidc(config(issuer.issuer), Secret(SECRET), BACK, lambda: now[0])
    address, state = party.begin("/")
    now[0] += LASTS_SECONDS + 1
    with pytest.raises(OidcError) as raised:
        party.finish(state, issuer.enter(address))
    assert raised.value.phrase == "oidc_again"


def test_an_issuer_that_is_away_or_calls_itself_otherwise_is_an_error_without_secrets(issuer):
    for wrong in ("http://127.0.0.1:9", issuer.issuer + "/other"):
        with pytest.raises(OidcError) as raised:
            Oidc(config(wrong), Secret(SECRET), BACK).begin("/")
        assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("groups", "everybody", "role"),
    [
        (["bosses"], None, Role.MANAGER),
        ("techs", None, Role.TECHNICIAN),
        (["staff"], None, None),
        (None, None, None),
        ({"techs": 1}, None, None),
        (["staff"], "viewer", Role.VIEWER),
    ],
)
def test_roles_come_from_groups(groups, everybody, role):
    assert role_of(groups, config("https://login.example", everybody=everybody)) is role


def test_the_name_of_an_account_with_a_password_is_not_taken_over(issuer, party, tmp_path):
    person, _ = came_back(issuer, party)
    with Accounts(tmp_path / "access.db") as accounts:
        secret = accounts.enter(person, time.time())
        assert accounts.session(secret, time.time()).role is Role.TECHNICIAN
        assert accounts.log_in("li.wei", "", "here", time.time()) is None, "no password opens it"
        accounts.add("li.wei", Role.MANAGER, "a long enough secret", time.time())
        with pytest.raises(AccountError, match="another account"):
            accounts.enter(person, time.time())


def test_it_is_refused_without_tls_a_way_back_or_anybody_who_may():
    for wrong in ({"issuer": "http://login.example"}, {"issuer": "https://login.example", "roles": {}}):
        with pytest.raises(ValidationError):
            config(**wrong)
    with pytest.raises(ValidationError, match="base_url"):
        WebConfig(oidc=config("https://login.example"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_provider_of_others_making_lets_somebody_in():
    """The provider is oidc-provider-mock, made on Authlib by others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock as provider
    person = provider.User(sub="wang", claims={"preferred_username": "wang", "groups": ["bosses"]})
    with provider.run_server_in_thread(user_claims=[person]) as server:
        issuer = f"http://localhost:{server.server_port}"
        party = Oidc(config(issuer), Secret(SECRET), BACK)
        address, state = party.begin("/map")
        form = requests.get(address, timeout=10)
        assert form.status_code == 200
        sent = requests.post(address, data={"sub": "wang"}, timeout=10, allow_redirects=False)
        given = parse_qs(urlsplit(sent.headers["location"]).query)
        found, wanted = party.finish(state, {name: values[0] for name, values in given.items()})
    assert (found.name, found.role, wanted) == ("wang", Role.MANAGER, "/map")
    assert re.search(r"localhost:\d+ wang$", found.subject)
