"""A site with more switched on: the company's log-in, a helpdesk's webhook, TLS."""

import base64
import hmac
import ipaddress
import json
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.web.roles import Role
from tests.agent.web.issuer import CLIENT, issuing
from tests.agent.web.issuer import SECRET as CLIENT_SECRET
from tests.agent.web.rig import LOST, PASSWORD, Person, served, up


def test_the_companys_login_and_a_helpdesks_message_through_the_pages(tmp_path):
    (tmp_path / "oidc").write_text(CLIENT_SECRET)
    (tmp_path / "hook").write_text("the signing key")
    with issuing() as issuer:
        oidc = {
            "issuer": issuer.issuer, "client_id": CLIENT, "client_secret": "${file:oidc}", "label": "Company",
            "roles": {"techs": "technician"},
        }  # fmt: skip
        web = {"port": 0, "base_url": "http://127.0.0.1:1", "oidc": oidc}
        with served(tmp_path, web=web, helpdesk_hook="${file:hook}") as site:
            someone = site.nobody()
            assert "Log in with Company" in someone.get("/login").text
            away = someone.get("/login/oidc?next=/map")
            assert away.headers["location"].startswith(issuer.issuer)
            given = issuer.enter(away.headers["location"])
            stranger = site.nobody().get("/login/oidc/back", params=given)
            assert stranger.status_code == 403, "a link that somebody else was sent"
            given = issuer.enter(someone.get("/login/oidc?next=/map").headers["location"])
            back = someone.get("/login/oidc/back", params=given)
            assert (back.status_code, back.headers["location"]) == (303, "/map")
            assert "Li Wei" in someone.get("/map").text
            assert someone.get("/audit").status_code == 403
            again = someone.get("/login/oidc/back", params=given)
            assert again.status_code == 403
            assert "Begin again" in again.text
            issuer.claims = {"groups": ["nobody"]}
            refused = site.nobody()
            given = issuer.enter(refused.get("/login/oidc").headers["location"])
            assert "You have no role" in refused.get("/login/oidc/back", params=given).text
            _tell(site)


def _tell(site):
    """A helpdesk tells something, twice; then somebody forges it."""
    body = json.dumps({"ticket": str(site.ticket()), "who": "Wang", "cause": "CABLE"}).encode()
    now = str(int(time.time()))
    mark = base64.b64encode(hmac.digest(b"the signing key", f"m1.{now}.".encode() + body, "sha256")).decode()
    headers = {"webhook-id": "m1", "webhook-timestamp": now, "webhook-signature": f"v1,{mark}"}
    url = site.base + "/api/v1/hooks/helpdesk"
    first, second = (requests.post(url, body, headers=headers, timeout=20) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    order = site.scene.agent.store.order_of_ticket(f"{LOST}#1").order
    assert (order.cause, order.cause_by) == ("CABLE", "Wang")
    forged = requests.post(url, body, headers={**headers, "webhook-id": "m2"}, timeout=20)
    assert forged.status_code == 401
    log = site.scene.agent.store.audit(order.key, order.generation)
    assert sum(line.what == "cause_confirmed" for line in log) == 1, "a repetition does nothing again"


def test_a_page_left_open_over_a_restart_works_on(tmp_path):
    """Session and form outlive the agent: what was written is taken, and the page needs no new log-in."""
    with served(tmp_path, until=up) as site:
        someone = site.person(Role.TECHNICIAN)
        token = someone.csrf("/planned")
    with served(tmp_path, until=up) as site:
        same = Person(site.base, someone.session)
        wish = {"devices": "cam-2", "lasts": "3600", "why": "written before the restart"}
        assert same.post("/planned", csrf=token, **wish).status_code == 303
        assert wish["why"] in same.get("/planned").text


def test_behind_a_proxy_that_does_tls_cookies_are_for_tls_and_guessers_are_told_apart(tmp_path):
    with served(tmp_path, until=up, web={"port": 0, "trusted_proxies": ["127.0.0.1"]}) as site:
        site.person(Role.VIEWER)
        came = {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7"}
        form = {"user": "viewer", "password": PASSWORD}
        answer = requests.post(f"{site.base}/login", form, headers=came, timeout=20, allow_redirects=False)
        assert answer.status_code == 303
        assert "secure" in answer.headers["set-cookie"].lower()
        assert "max-age" in answer.headers["strict-transport-security"]
        for _ in range(5):
            requests.post(f"{site.base}/login", {"user": "x", "password": "y" * 10}, headers=came, timeout=20)
        others = {**came, "x-forwarded-for": "192.0.2.8"}
        assert requests.post(f"{site.base}/login", form, headers=came, timeout=20).status_code == 429
        assert requests.post(f"{site.base}/login", form, headers=others, timeout=20).status_code == 200


def test_a_proxy_nobody_named_is_not_believed(site):
    site.person(Role.VIEWER)
    came = {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7"}
    form = {"user": "viewer", "password": PASSWORD}
    answer = requests.post(f"{site.base}/login", form, headers=came, timeout=20, allow_redirects=False)
    assert "secure" not in answer.headers["set-cookie"].lower()
    assert "strict-transport-security" not in answer.headers


def test_pages_are_served_over_tls_with_the_sites_certificate(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    _certificate(tmp_path, key)
    tls = {"certificate": "web.pem", "key": "web.key"}
    with served(tmp_path, until=up, web={"port": 0, "tls": tls}) as found:
        base = found.base.replace("http:", "https:")
        answer = requests.get(f"{base}/login", verify=str(tmp_path / "web.pem"), timeout=20)
        assert answer.status_code == 200
        assert "max-age" in answer.headers["strict-transport-security"]
        with pytest.raises((requests.exceptions.ConnectionError, ssl.SSLError)):
            requests.get(f"{found.base}/login", timeout=5)


def _certificate(folder, key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "site")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (folder / "web.pem").write_bytes(certificate.public_bytes(pem))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "web.key").write_bytes(key.private_bytes(pem, *plain))
