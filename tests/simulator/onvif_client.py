"""A small ONVIF client of the tests' own, that can also do everything wrong."""

import base64
import datetime as dt
import hashlib
import itertools
import os
from dataclasses import dataclass, field

import aiohttp
from lxml import etree

from simulator.site import DeviceSpec, OnvifSpec, RtspSpec, SiteSpec

NS = {
    "env": "http://www.w3.org/2003/05/soap-envelope",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "timg": "http://www.onvif.org/ver20/imaging/wsdl",
    "tmd": "http://www.onvif.org/ver10/deviceIO/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "tt": "http://www.onvif.org/ver10/schema",
    "wsa": "http://www.w3.org/2005/08/addressing",
}
PATHS = {
    "tds": "device_service",
    "trt": "media_service",
    "tr2": "media2_service",
    "tev": "events_service",
    "wsnt": "events_service",
}
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
PASSWORD = "made up"
_networks = itertools.count()


def own_network():
    """A network no other test of this run, nor of a run beside it, uses; up to a /23."""
    return f"127.{64 + os.getpid() % 160}.{next(_networks) * 2 % 256}.0"


def camera(n=1, *, auth="wsse", **more):
    """A camera with ONVIF only, at 127.20.0.n."""
    return DeviceSpec(
        id=f"cam-{n}",
        kind="camera",
        address=f"127.20.0.{n}",
        password=PASSWORD,
        onvif=more.pop("onvif", OnvifSpec(auth=auth)),
        **more,
    )


def streaming_camera(n=1, **more):
    """The same with an RTSP section; the ONVIF server only tells of it."""
    return camera(n, rtsp=RtspSpec(**more))


def site(*devices, **more):
    return SiteSpec("test", devices, **more)


def token(*, user="service", password=PASSWORD, ahead=0.0, nonce=None, kind=DIGEST, zone="Z"):
    """A WS-UsernameToken signed as by a clock that is `ahead` seconds ahead of ours."""
    nonce = os.urandom(16) if nonce is None else nonce
    when = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=ahead)
    created = when.strftime("%Y-%m-%dT%H:%M:%S") + zone
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    return (
        f'<o:Security xmlns:o="{WSSE}" xmlns:u="{WSU}"><o:UsernameToken><o:Username>{user}</o:Username>'
        f'<o:Password Type="{kind}">{digest if kind == DIGEST else password}</o:Password>'
        f"<o:Nonce>{base64.b64encode(nonce).decode()}</o:Nonce><u:Created>{created}</u:Created>"
        "</o:UsernameToken></o:Security>"
    )


def envelope(operation, *, service="tds", inner="", header=""):
    return (
        f'<s:Envelope xmlns:s="{NS["env"]}"><s:Header>{header}</s:Header><s:Body>'
        f'<q:{operation} xmlns:q="{NS[service]}">{inner}</q:{operation}></s:Body></s:Envelope>'
    )


def addressed(message="urn:uuid:1"):
    return f'<a:MessageID xmlns:a="{NS["wsa"]}">{message}</a:MessageID>'


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    payload: bytes
    root: etree._Element | None = field(init=False)

    def __post_init__(self):
        self.root = etree.fromstring(self.payload) if self.payload.lstrip().startswith(b"<?xml") else None

    def texts(self, path):
        return [element.text for element in self.root.iterfind(f".//{path}", NS)]

    def text(self, path):
        return self.root.findtext(f".//{path}", None, NS)

    @property
    def subcodes(self):
        return self.texts("env:Subcode/env:Value")


class Client:
    """Asks one device. `header` of a call is what stands in the SOAP header."""

    def __init__(self, http, spec):
        self.http, self.spec = http, spec
        self.base = f"http://{spec.address}:{spec.onvif.port}/onvif"

    async def post(self, body, *, url=None, headers=None):
        async with self.http.post(url or f"{self.base}/device_service", data=body, headers=headers) as answer:
            return Reply(answer.status, dict(answer.headers), await answer.read())

    async def ask(self, operation, *, service="tds", inner="", header="", url=None, headers=None):
        body = envelope(operation, service=service, inner=inner, header=header)
        return await self.post(body, url=url or f"{self.base}/{PATHS[service]}", headers=headers)

    async def login(self, operation, **more):
        """Ask with a good token."""
        header = more.pop("header", "") + token(password=self.spec.password, user=self.spec.user)
        return await self.ask(operation, header=header, **more)


def client(http, world, device="cam-1"):
    return Client(http, world.site.device(device))


def session():
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def digest(challenge, *, uri, method="POST", user="service", password=PASSWORD, nc=1, qop="auth"):
    """The Authorization header that answers a WWW-Authenticate header (RFC 7616, MD5)."""
    fields = {
        part.split("=", 1)[0].strip(): part.split("=", 1)[1].strip(' "')
        for part in challenge.removeprefix("Digest ").split(",")
    }
    ha1, ha2 = md5(f"{user}:{fields['realm']}:{password}"), md5(f"{method}:{uri}")
    count = f"{nc:08x}"
    response = md5(f"{ha1}:{fields['nonce']}:{count}:abc:{qop}:{ha2}")
    return (
        f'Digest username="{user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{uri}", '
        f'qop={qop}, nc={count}, cnonce="abc", response="{response}"'
    )
