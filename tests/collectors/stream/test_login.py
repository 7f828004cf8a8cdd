"""Answers to a server's question for a login: against published examples, and against odd servers."""

import base64
import re

import pytest

from collectors.stream import login
from models.facts import Login, Secret

USER = Login("Mufasa", Secret("Circle of Life"))
DIGEST = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_come_out(monkeypatch, algorithm, response):
    monkeypatch.setattr(login.secrets, "token_hex", lambda _: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    asked = login.challenge([DIGEST.format(algorithm)])
    header = login.authorization(asked, USER, "GET", "/dir/index.html")
    assert f'response="{response}"' in header
    assert "nc=00000001" in header
    assert 'opaque="FQhe/' in header


def test_the_oldest_digest_without_qop_comes_out():
    asked = login.challenge(['Digest realm="r", nonce="n"'])
    header = login.authorization(asked, Login("u", Secret("p")), "DESCRIBE", "rtsp://h/x")
    assert re.search(r'response="[0-9a-f]{32}"', header)
    assert "qop" not in header
    assert "nc=" not in header


def test_the_strongest_offer_that_we_speak_is_taken():
    offers = ['Basic realm="b"', DIGEST.format("MD5"), DIGEST.format("SHA-256"), "Negotiate"]
    assert login.challenge(offers).fields["algorithm"] == "SHA-256"
    assert login.challenge(offers[:2]).scheme == "digest"
    assert login.challenge(offers[:1]).scheme == "basic"
    assert login.challenge(["Negotiate", DIGEST.format("SHA-512-256"), ""]) is None


def test_each_request_to_one_nonce_counts_up():
    asked = login.challenge([DIGEST.format("MD5")])
    counts = [login.authorization(asked, USER, "GET", "/").split("nc=")[1][:8] for _ in range(3)]
    assert counts == ["00000001", "00000002", "00000003"]


@pytest.mark.parametrize("password", ["p@ss:/w%20ö?#", '"quoted\\"', "密码", " "])
def test_any_password_arrives_by_basic_and_never_stands_in_a_digest(password):
    who = Login('us"er', Secret(password))
    header = login.authorization(login.challenge(['Basic realm="x"']), who, "GET", "/")
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == f'us"er:{password}'
    digest = login.authorization(login.challenge([DIGEST.format("MD5")]), who, "GET", "/")
    assert len(password) < 2 or password not in digest
    assert 'username="us\\"er"' in digest


def test_a_stale_nonce_is_told_from_a_wrong_password():
    assert login.challenge(['Digest realm="r", nonce="n", stale=TRUE']).is_stale
    assert not login.challenge(['Digest realm="r", nonce="n"']).is_stale
