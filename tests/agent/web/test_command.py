"""`siteward user` and `siteward token`, as an operator types them."""

import time

import pytest

from agent.web.accounts import ACCESS_FILE, Accounts
from agent.web.roles import Role
from tests.agent.cli_rig import fails, siteward

GOOD = "correct horse battery"


@pytest.fixture
def config(tmp_path):
    (tmp_path / "devices.csv").write_text("id,kind,host\ncam-1,camera,127.0.0.9\n")
    path = tmp_path / "site.yaml"
    path.write_text("site: test\nstate_dir: state\n")
    (tmp_path / "password").write_text(GOOD + "\n")
    return path


def make(config, name="li.wei", *more):
    return siteward("user", "add", name, "--password-file", config.parent / "password", "-c", config, *more)


def accounts(config) -> Accounts:
    return Accounts(config.parent / "state" / ACCESS_FILE)


def test_an_account_is_made_listed_and_removed(config):
    made = make(config, "li.wei", "--role", "technician", "--full-name", "Li Wei")
    assert (made.exit_code, GOOD in made.output) == (0, False)
    with accounts(config) as found:
        assert found.log_in("li.wei", GOOD, "a", time.time())
        assert [(one.name, one.role, one.full_name) for one in found.all()] == [
            ("li.wei", Role.TECHNICIAN, "Li Wei")
        ]
    assert "technician" in siteward("user", "list", "-c", config).output
    assert siteward("user", "remove", "li.wei", "-c", config).exit_code == 0
    fails(siteward("user", "remove", "li.wei", "-c", config), 1, "there is no account")
    assert "no accounts" in siteward("user", "list", "-c", config).output


def test_a_weak_password_and_a_wrong_config_are_told(config, tmp_path):
    (tmp_path / "password").write_text("short")
    fails(make(config), 1, "10 to 200 characters")
    config.write_text("site: test\nbogus: 1\n")
    fails(make(config), 2, "bogus: unknown key")


def test_a_token_is_shown_once_and_can_be_withdrawn(config):
    siteward("user", "add", "bot", "--role", "service", "-c", config)
    made = siteward("token", "add", "bot", "grafana", "--scope", "view", "--days", "90d", "-c", config)
    token = made.output.strip()
    assert token.startswith("swt_")
    with accounts(config) as found:
        assert found.token(token, time.time()).name == "bot"
        assert found.token(token, time.time() + 91 * 86400) is None
    listed = siteward("token", "list", "-c", config).output
    assert "grafana" in listed
    assert token not in listed
    assert siteward("token", "remove", "bot", "grafana", "-c", config).exit_code == 0
    fails(siteward("token", "remove", "bot", "grafana", "-c", config), 1, "no token")
    fails(siteward("token", "add", "bot", "x", "--scope", "all", "-c", config), 2, "choose of view")
    fails(
        siteward("token", "add", "bot", "x", "--scope", "view", "--days", "soon", "-c", config),
        2,
        "not a duration",
    )
    fails(siteward("token", "add", "ghost", "x", "--scope", "view", "-c", config), 1, "siteward user add")


@pytest.mark.parametrize(
    ("web", "why"),
    [
        ("{host: 0.0.0.0}", "in the clear"),
        ("{host: 192.0.2.4}", "in the clear"),
        ("{host: '::'}", "in the clear"),
        ("{trusted_proxies: [somewhere]}", "does not appear to be an IPv4 or IPv6 network"),
        ("{base_url: 'ftp://x'}", "must begin with https://"),
        ("{tls: {certificate: web.pem}}", "web.tls.key"),
    ],
)
def test_pages_are_not_served_in_the_clear_beyond_this_machine(config, web, why):
    config.write_text(f"site: test\nweb: {web}\n")
    fails(siteward("check-config", config), 2, why)


@pytest.mark.parametrize(
    "web", ["{host: 0.0.0.0, allow_plain: true}", "{host: 0.0.0.0, pages: false}", "{host: '::1'}"]
)
def test_what_is_meant_is_allowed(config, web):
    config.write_text(f"site: test\nweb: {web}\n")
    assert siteward("check-config", config).exit_code == 0
