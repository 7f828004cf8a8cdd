"""A strict ONVIF device of the tests' own, on a real socket, that can also be odd, slow or hostile."""

import base64
import calendar
import contextlib
import hashlib
import itertools
import os
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lxml import etree

from models.facts import Device, Kind, Login, Secret

USER, PASSWORD = "service", "s3cret&word"
SOAP = "http://www.w3.org/2003/05/soap-envelope"
TDS = "http://www.onvif.org/ver10/device/wsdl"
TT = "http://www.onvif.org/ver10/schema"
TR2 = "http://www.onvif.org/ver20/media/wsdl"
TRT = "http://www.onvif.org/ver10/media/wsdl"
OPEN = {"GetSystemDateAndTime", "GetServices", "GetCapabilities"}
WINDOW = 10.0
_hosts = itertools.count(1)


def envelope(body):
    names = {"s": SOAP, "tds": TDS, "trt": TRT, "tt": TT, "ter": "http://www.onvif.org/ver10/error"}
    given = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in names.items())
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{head}<s:Envelope {given}><s:Body>{body}</s:Body></s:Envelope>".encode()


def fault(*codes, text="", code="Sender"):
    inner = ""
    for one in reversed(codes):
        inner = f"<s:Subcode><s:Value>ter:{one}</s:Value>{inner}</s:Subcode>"
    return envelope(
        f"<s:Fault><s:Code><s:Value>s:{code}</s:Value>{inner}</s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{text}</s:Text></s:Reason></s:Fault>'
    )


def moment(when, name="UTCDateTime"):
    at = time.gmtime(when)
    return (
        f"<tt:{name}><tt:Time><tt:Hour>{at.tm_hour}</tt:Hour><tt:Minute>{at.tm_min}</tt:Minute>"
        f"<tt:Second>{at.tm_sec}</tt:Second></tt:Time><tt:Date><tt:Year>{at.tm_year}</tt:Year>"
        f"<tt:Month>{at.tm_mon}</tt:Month><tt:Day>{at.tm_mday}</tt:Day></tt:Date></tt:{name}>"
    )


def date_and_time(inside):
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
        f"<tt:DaylightSavings>false</tt:DaylightSavings>{inside}"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def information(firmware="2.8.1"):
    return (
        "<tds:GetDeviceInformationResponse><tds:Manufacturer>Acme</tds:Manufacturer><tds:Model>SV-9</tds:Model>"
        f"<tds:FirmwareVersion>{firmware}</tds:FirmwareVersion><tds:SerialNumber>7</tds:SerialNumber>"
        "<tds:HardwareId>rev-b</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )


def profile(token, width, height, source="src-1", codec="H264", fps=25, kbps=4096):
    return (
        f'<trt:Profiles token="{token}"><tt:Name>{token}</tt:Name>'
        f"<tt:VideoSourceConfiguration><tt:SourceToken>{source}</tt:SourceToken></tt:VideoSourceConfiguration>"
        f'<tt:VideoEncoderConfiguration token="enc-{token}"><tt:Encoding>{codec}</tt:Encoding>'
        f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>"
        f"<tt:RateControl><tt:FrameRateLimit>{fps}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
        f"<tt:BitrateLimit>{kbps}</tt:BitrateLimit></tt:RateControl></tt:VideoEncoderConfiguration></trt:Profiles>"
    )


def services(*rows):
    inside = "".join(
        f"<tds:Service><tds:Namespace>{ns}</tds:Namespace><tds:XAddr>{address}</tds:XAddr></tds:Service>"
        for ns, address in rows
    )
    return f"<tds:GetServicesResponse>{inside}</tds:GetServicesResponse>"


def stream_uri(uri):
    inside = f"<trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri>"
    return f"<trt:GetStreamUriResponse>{inside}</trt:GetStreamUriResponse>"


@dataclass
class Request:
    operation: str
    path: str
    host: str
    token: bool
    digest: bool
    body: bytes
    peer: tuple


@dataclass
class FakeDevice:
    """Answers as told; `auth` is none, wsse, digest, either or both_at_once."""

    auth: str = "wsse"
    password: str = PASSWORD
    ahead: float = 0.0  # of the clock it checks tokens by
    told_ahead: float | None = None  # of the clock it tells; None: the same
    clock_is_open: bool = True
    one_use_nonces: bool = False
    says_stale: bool = False
    offers_digest: bool = False  # a wsse device whose web server sends challenges all the same
    delay: float = 0.0
    crowded: bool = False  # refuses everybody with a bare 401
    attempts_text: str = ""
    anybody: set = field(default_factory=set)  # further operations that are open
    forbidden: set = field(default_factory=set)  # operations this user may not ask
    answers: dict = field(
        default_factory=dict
    )  # operation -> body, or (status, bytes), or function of the request
    requests: list = field(default_factory=list)
    refused: int = 0
    most_at_once: int = 0

    def __post_init__(self):
        self.host = f"127.{100 + os.getpid() % 100}.{next(_hosts) % 250}.1"
        self._now = 0
        self._lock = threading.Lock()
        self._nonces = set()
        self._issued = {}

    # -- running

    @contextlib.contextmanager
    def running(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self):
                outer._serve(self)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer((self.host, 0), Handler)
        server.daemon_threads = True
        server.block_on_close = False
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def device(self, *, password=PASSWORD, kind=Kind.CAMERA, login=True, **more):
        who = Login(USER, Secret(password)) if login else None
        return Device("cam-1", kind, self.host, onvif_port=self.port, login=who, **more)

    def asked(self, operation=None):
        return [r for r in self.requests if operation in {None, r.operation}]

    # -- answering

    def _serve(self, http):
        message = http.rfile.read(int(http.headers["Content-Length"]))
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            time.sleep(self.delay)
            self._answer(http, message)
        finally:
            with self._lock:
                self._now -= 1

    def _answer(self, http, message):
        root = etree.fromstring(message)
        asked = etree.QName(root.find(f"{{{SOAP}}}Body")[0])
        operation = ("media2 " if asked.namespace == TR2 else "") + asked.localname
        token = root.find(".//{*}UsernameToken")
        digest = http.headers.get("Authorization", "")
        self.requests.append(
            Request(
                operation,
                http.path,
                http.headers["Host"],
                token is not None,
                bool(digest),
                message,
                http.client_address,
            )
        )
        if self.crowded:
            return self._reply(http, 401, b"")
        is_open = operation in OPEN | self.anybody and (
            self.clock_is_open or operation != "GetSystemDateAndTime"
        )
        if self.auth != "none" and not is_open:
            headers, why = self._judge(http, operation, token, digest)
            if why:
                text = self.attempts_text or "Sender not Authorized"
                return self._reply(http, 401 if headers else 400, fault("NotAuthorized", text=text), headers)
        return self._reply(http, *self._content(operation, message))

    def _content(self, operation, message):
        answer = self.answers.get(operation)
        if callable(answer):
            answer = answer(message)
        if answer is None and operation == "GetSystemDateAndTime":
            ahead = self.ahead if self.told_ahead is None else self.told_ahead
            answer = date_and_time(moment(time.time() + ahead))
        if answer is None and operation == "GetDeviceInformation":
            answer = information()
        if answer is None:
            return 500, fault("ActionNotSupported", code="Receiver", text="Optional Action Not Implemented")
        return (200, envelope(answer)) if isinstance(answer, str) else answer

    def _reply(self, http, status, data, headers=()):
        http.send_response(status)
        for name, value in headers:
            http.send_header(name, value)
        http.send_header("Content-Length", str(len(data)))
        http.end_headers()
        http.wfile.write(data)

    def _judge(self, http, operation, token, digest):
        """Return headers and whether to refuse; counts what is a refused login."""
        challenge = (
            [("WWW-Authenticate", self._challenge())] if self.auth != "wsse" or self.offers_digest else []
        )
        if self.auth == "both_at_once" and digest and token is None:
            ok, stale = self._digest_ok(http, digest)
            self.refused += not ok
            return ([] if ok else challenge), True
        if digest and self.auth != "wsse":
            ok, stale = self._digest_ok(http, digest)
            if stale:
                return [("WWW-Authenticate", self._challenge(stale=True))], True
        elif token is not None and self.auth != "digest":
            ok = self._token_ok(token)
        else:
            return challenge, True
        ok = ok and operation not in self.forbidden
        self.refused += not ok
        return challenge, not ok

    def _token_ok(self, token):
        word = {name: token.findtext(f"{{*}}{name}") for name in ("Username", "Password", "Nonce", "Created")}
        signed = base64.b64decode(word["Nonce"]) + word["Created"].encode() + self.password.encode()
        digest = base64.b64encode(hashlib.sha1(signed).digest()).decode()
        assert word["Created"].endswith("Z")
        created = time.strptime(word["Created"], "%Y-%m-%dT%H:%M:%SZ")
        fresh = word["Nonce"] not in self._nonces
        self._nonces.add(word["Nonce"])
        near = abs(calendar.timegm(created) - (time.time() + self.ahead)) <= WINDOW
        return fresh and near and word["Username"] == USER and digest == word["Password"]

    def _challenge(self, *, stale=False):
        nonce = os.urandom(8).hex()
        self._issued[nonce] = 0
        words = f'nonce="{nonce}", opaque="o", stale={str(stale).lower()}'
        return f'Digest realm="onvif, \\"x\\"", qop="auth", {words}'

    def _digest_ok(self, http, header):
        given = {k: v1 or v2 for k, v1, v2 in re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', header)}

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()

        first = md5(f'{USER}:onvif, "x":{self.password}')
        second = md5(f"POST:{http.path}")
        expected = md5(f"{first}:{given['nonce']}:{given['nc']}:{given['cnonce']}:auth:{second}")
        right = given["response"] == expected and given["uri"] == http.path
        used = self._issued.get(given["nonce"])
        count = int(given["nc"], 16)
        known = used is not None and count > used and not (self.one_use_nonces and used)
        if known:
            self._issued[given["nonce"]] = count
        if right and not known and self.says_stale:
            return False, True
        return right and known, False
