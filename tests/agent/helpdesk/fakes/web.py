"""A web server on loopback that a fake product is built on: routes, strictness, and troubles on demand."""

import json
import re
import socket
import threading
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


class Refuse(Exception):
    """The product's answer where it does not do what it was asked."""

    def __init__(self, status, body=None, **headers):
        super().__init__(status)
        self.status, self.body = status, body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Files(dict):
    """Files by name; a second one of the same name is another file, as everywhere."""

    def __setitem__(self, name, data):
        while name in self:
            name += "'"
        super().__setitem__(name, data)

    def __ior__(self, other):
        for name, data in other.items():
            self[name] = data
        return self


@dataclass
class Card:
    """A ticket as the fake keeps it; `state` is the product's own word or number."""

    id: str
    reference: str
    subject: str
    body: str
    state: str
    born: float
    severity: str = ""
    texts: list[str] = field(default_factory=list)
    files: Files = field(default_factory=Files)


@dataclass
class Call:
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes

    def one(self, name, default=""):
        return self.query.get(name, [default])[0]

    def json(self):
        if not self.headers.get("content-type", "").startswith("application/json"):
            raise Refuse(415, {"error": "Content-Type must be application/json"})
        return json.loads(self.body)

    def form(self):
        """Return the fields, and the files as (field, name, type, data), of a multipart form."""
        head = b"Content-Type: " + self.headers.get("content-type", "").encode() + b"\r\n\r\n"
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        if not message.is_multipart():
            raise Refuse(415, {"error": "multipart/form-data expected"})
        fields, files = {}, []
        for part in message.iter_parts():
            name, data = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
            if part.get_filename() is None:
                fields[name] = data.decode()
            else:
                files.append((name, part.get_filename(), part.get_content_type(), data))
        return fields, files


def route(method, pattern):
    def mark(function):
        function.route = (method, re.compile(pattern))
        return function

    return mark


class Web:
    """Subclasses add routes and `guard`, which looks at the token of each request.

    `trouble(what, method, times)` befalls the next requests of that method: "lost" is done but not answered,
    "dropped" is neither, "broken" is a 500 before anything was done, a number is a 429 with that Retry-After.
    """

    def __init__(self, clock):
        self.clock = clock
        self.cards = {}
        self.links = set()  # (ticket, the older one that it is linked with)
        self.calls = []
        self.errors = []  # what went wrong in the fake itself
        self._troubles = []
        self._port = 0
        self._server = None
        self._lock = threading.Lock()
        self._routes = [
            (*function.route, function)
            for name in dir(type(self))
            if hasattr(function := getattr(self, name), "route")
        ]

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    def start(self):
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one segment: Nagle and delayed acknowledgements cost 40 ms each
            disable_nagle_algorithm = True

            def handle_one(self):
                web._serve(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_one  # noqa: N815 - http.server calls them so

            def log_message(self, *_):
                pass

        ThreadingHTTPServer.daemon_threads = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def trouble(self, what, method="POST", times=1, path=""):
        self._troubles += [(what, method, path)] * times

    def _next_trouble(self, call):
        for index, (what, method, path) in enumerate(self._troubles):
            if method in {call.method, "*"} and re.search(path, call.path):
                del self._troubles[index]
                return what
        return None

    def _serve(self, handler):
        url = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        call = Call(handler.command, url.path, parse_qs(url.query, keep_blank_values=True), headers, body)
        with self._lock:
            what = self._next_trouble(call)
            self.calls.append((call.method, call.path))
            if what == "dropped":
                status, reply, extra = 0, None, {}
            elif what == "broken":
                status, reply, extra = 500, {"error": "Internal Server Error"}, {}
            elif isinstance(what, int):
                status, reply, extra = (
                    429,
                    {"message": "You have exceeded the limit"},
                    {"Retry-After": str(what)},
                )
            else:
                status, reply, extra = self._answer(call)
        if what in {"lost", "dropped"}:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        data = b"" if reply is None else json.dumps(reply).encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json;charset=UTF-8", **extra}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _answer(self, call):
        try:
            self.guard(call)
            for method, pattern, function in self._routes:
                found = pattern.fullmatch(call.path)
                if found and method == call.method:
                    result = function(call, *[unquote(text) for text in found.groups()])
                    return (*result, {})[:3]
            raise Refuse(404, {"error": f"no route {call.method} {call.path}"})  # noqa: TRY301
        except Refuse as err:
            return err.status, err.body, err.headers
        except Exception as err:  # noqa: BLE001 - a fault of the fake must show in the test
            self.errors.append(f"{call.method} {call.path}: {err!r}")
            return 500, {"error": repr(err)}, {}

    def guard(self, call):
        raise NotImplementedError

    def strict(self, data, required, optional=()):
        """Refuse what is not documented, and what lacks."""
        unknown = sorted(set(data) - set(required) - set(optional))
        missing = sorted(set(required) - set(data))
        if unknown or missing:
            raise self.invalid(unknown, missing)

    def invalid(self, unknown, missing):
        return Refuse(400, {"error": f"unknown: {unknown}, missing: {missing}"})

    def by_ticket(self, ticket):
        """Return a card by the id that the ledger keeps."""
        return self.cards[ticket]

    def card(self, id_):
        if id_ not in self.cards:
            raise self.absent()
        return self.cards[id_]

    def absent(self):
        return Refuse(404, {"error": "not found"})
