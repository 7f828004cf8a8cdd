"""What became of a request, in the words of `base`: each way it can end, on real sockets."""

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agent.helpdesk import http as module
from agent.helpdesk.base import (
    HelpdeskBusy,
    HelpdeskDenied,
    HelpdeskDown,
    HelpdeskError,
    HelpdeskRefused,
    HelpdeskUnsure,
)
from agent.helpdesk.http import FilePart, Http, basic, segment
from models.facts import Secret
from tests.fixtures.mosquitto import free_port

TOKEN = "t0ken-seed-12345"


@contextmanager
def serving(answer):
    """Serve `answer(handler)`; yields the URL and the list of requests (method, path, headers, body)."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append((self.command, self.path, dict(self.headers), body))
            answer(self)

        do_GET = do_POST = do_PUT = handle_any  # noqa: N815  http.server's names

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()


def saying(status, body=b"{}", **headers):
    def answer(handler):
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang_up(handler):
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def breaking_off(handler):
    handler.send_response(201)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"id": 1')
    hang_up(handler)


def client(url, **how):
    return Http(url, headers={"Authorization": Secret(f"Token {TOKEN}")}, answer_seconds=0.5, **how)


@pytest.mark.parametrize(
    ("answer", "to_post", "to_get"),
    [
        (saying(400), HelpdeskRefused, HelpdeskRefused),
        (saying(401), HelpdeskDenied, HelpdeskDenied),
        (saying(403), HelpdeskRefused, HelpdeskRefused),
        (saying(404), HelpdeskRefused, HelpdeskRefused),
        (saying(302, Location="http://127.0.0.1:1/"), HelpdeskRefused, HelpdeskRefused),
        (saying(408), HelpdeskDown, HelpdeskDown),
        (saying(429), HelpdeskBusy, HelpdeskBusy),
        (saying(503, Retry_After="7"), HelpdeskBusy, HelpdeskBusy),
        (saying(500), HelpdeskUnsure, HelpdeskDown),
        (saying(502), HelpdeskUnsure, HelpdeskDown),
        (saying(503), HelpdeskUnsure, HelpdeskDown),
        (hang_up, HelpdeskUnsure, HelpdeskDown),
        (breaking_off, HelpdeskUnsure, HelpdeskDown),
        (lambda _: threading.Event().wait(2), HelpdeskUnsure, HelpdeskDown),
    ],
    ids=lambda value: getattr(value, "__name__", "") if isinstance(value, type) else "answer",
)
def test_each_end_of_a_request_has_its_word(answer, to_post, to_get):
    with serving(answer) as (url, seen):
        with pytest.raises(HelpdeskError) as posted:
            client(url).send("POST", "/x", json_body={})
        with pytest.raises(HelpdeskError) as got:
            client(url).get("/x")
    assert (type(posted.value), type(got.value)) == (to_post, to_get)
    assert len(seen) == 2  # nothing is retried, no redirect followed


def test_what_was_never_sent_is_down_even_for_a_post():
    with pytest.raises(HelpdeskDown, match="was not reached: Connection refused"):
        client(f"http://127.0.0.1:{free_port()}").send("POST", "/x", json_body={})
    with pytest.raises(HelpdeskDown, match="its name is not known"):
        client("http://no-such-host.invalid").send("POST", "/x", json_body={})


def test_a_server_without_tls_is_never_sent_the_token():
    with serving(saying(200)) as (url, seen):
        with pytest.raises(HelpdeskDown, match="TLS"):
            client(url.replace("http:", "https:")).send("POST", "/x", json_body={})
        assert seen == []


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("17", 17.0), ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0), ("soon", 60.0), ("-1", 60.0), ("", 60.0)],
)
def test_retry_after_is_a_number_a_date_or_a_guess(said, seconds):
    with serving(saying(429, Retry_After=said)) as (url, _), pytest.raises(HelpdeskBusy) as caught:
        client(url).get("/x")
    assert caught.value.retry_after == seconds


def test_what_it_says_is_quoted_short_on_one_line_and_without_our_secrets():
    body = json.dumps({"error": f"bad\n{TOKEN} " + "long " * 200}).encode()
    with serving(saying(422, body)) as (url, _), pytest.raises(HelpdeskRefused) as caught:
        client(f"{url}/hook/path-seed").send("POST", "/x?y", json_body={})
    said = str(caught.value)
    assert "answered 422" in said
    assert "***" in said
    assert not {TOKEN, "path-seed", "\n"} & {word for word in (TOKEN, "path-seed", "\n") if word in said}
    assert len(said) < 300


def test_no_secret_is_in_what_a_debugger_prints():
    password = basic("me", Secret("pass-seed"))
    with serving(saying(401)) as (url, _):
        desk = Http(url, headers={"Authorization": password}, secrets=[Secret("pass-seed")])
        with pytest.raises(HelpdeskDenied) as caught:
            desk.get("/x")
    assert "pass-seed" not in f"{caught.value!r}{password!r}"
    assert password.reveal() not in f"{caught.value!r}"


def test_a_page_instead_of_json_is_said_and_not_quoted():
    page = b"<html>please log in</html>"
    with serving(saying(200, page, Content_Type="text/html")) as (url, _):
        with pytest.raises(HelpdeskDown, match="no login page"):
            client(url).get("/x").json()
        with pytest.raises(HelpdeskUnsure):
            client(url).send("POST", "/x", json_body={}).json()


def test_json_nested_too_deep_is_no_answer():
    with serving(saying(200, b"[" * 100_000)) as (url, _), pytest.raises(HelpdeskDown):
        client(url).get("/x").json()


def test_an_endless_answer_is_cut_off(monkeypatch):
    monkeypatch.setattr(module, "MAX_ANSWER", 1000)
    with serving(saying(200, b"x" * 5000)) as (url, _), pytest.raises(HelpdeskDown, match="more than 1000"):
        client(url).get("/x")


def test_an_answer_that_drips_is_cut_off():
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(30):
            handler.wfile.write(b"x" * 10)
            threading.Event().wait(0.1)

    with serving(drip) as (url, _), pytest.raises(HelpdeskDown):
        client(url).get("/x")


def test_bodies_arrive_as_they_were_meant():
    with serving(saying(200)) as (url, seen):
        desk = client(url)
        desk.send("POST", f"/a/{segment('x/../y?z')}", json_body={"k": "门\ud800"}, query={"q": "a&b 门"})
        desk.send("POST", "/form", form={"k": "a&b"})
        desk.send(
            "POST", "/files", form={"k": "v"}, files=[FilePart("f", '门".jpg\r\nX: y', "image/jpeg", b"\xff")]
        )
        desk.send("POST", "/raw", body=b"raw", headers={"Content-Type": "text/x"})
    (_, path, headers, body), form, files, raw = seen
    assert path == "/a/x%2F..%2Fy%3Fz?q=a%26b+%E9%97%A8"
    assert json.loads(body) == {"k": "门?"}
    assert headers["Authorization"] == f"Token {TOKEN}"
    assert form[3] == b"k=a%26b"
    assert b'filename="\xe9\x97\xa8%22.jpg%0D%0AX: y"' in files[3]
    assert (raw[3], raw[2]["Content-Type"]) == (b"raw", "text/x")


@pytest.mark.parametrize(
    ("base", "header", "said"),
    [
        ("ftp://x", "t", "must begin with http"),
        ("https://", "t", "name a host"),
        ("https://user:pass@x", "t", "must not stand in the URL"),
        ("https://x", "line\nend", "a header cannot be sent"),
        ("https://x", "门", "a header cannot be sent"),
    ],
)
def test_what_can_never_work_is_refused_at_once(base, header, said):
    with pytest.raises(ValueError, match=said) as caught:
        Http(base, headers={"A": Secret(header)})
    assert "pass@" not in str(caught.value)


def test_statuses_that_the_caller_understands_are_answers():
    with serving(saying(404, b'{"gone": true}')) as (url, _):
        assert client(url).get("/x", allow={404}).json() == {"gone": True}
