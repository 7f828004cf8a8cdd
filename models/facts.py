"""The nouns of the house. Read this file first.

    Device ──(a collector asks it)──▶ Answer ──(the runner stamps it)──▶ Report
    Report* ──(rules)──▶ Verdict ──(fault life)──▶ Finding ──(topology)──▶ Incident ──▶ ticket
    history ──(learned models, their gate)──▶ Prediction ────────────────▶ Incident ──▶ ticket

Everything here is frozen and holds no clock: `at` is always handed in, in Unix seconds, UTC.
Unknown is a state of its own: a reading that could not be taken is absent, never 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from models.faults import Fault
    from models.metrics import Metric

# ---------------------------------------------------------------- what is out there


class Kind(StrEnum):
    """What a device is to the contract (DOMAIN: equipment in scope)."""

    CAMERA = "camera"
    NVR = "nvr"
    SWITCH = "switch"
    UPS = "ups"
    ALARM_HOST = "alarm_host"
    NAS = "nas"
    MONITOR = "monitor"
    OTHER = "other"


class Criticality(StrEnum):
    """How much a device matters; `ignore` watches it and opens no ticket."""

    CRITICAL = "critical"
    NORMAL = "normal"
    IGNORE = "ignore"


class Secret:
    """A password, community or key that cannot be printed by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself; call it only where it goes onto the wire."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class Login:
    """A user of a device: for ONVIF, RTSP and HTTP alike."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class SnmpAccess:
    """How to ask a device over SNMP. v2c needs `community`; v3 needs `user` and, by level, the keys."""

    port: int = 161
    version: str = "2c"  # "1" | "2c" | "3"
    community: Secret | None = None
    user: str = ""
    auth_protocol: str = ""  # "" | SHA | SHA256 … | MD5 (only when written out by the operator)
    auth_key: Secret | None = None
    priv_protocol: str = ""  # "" | AES | DES (only when written out by the operator)
    priv_key: Secret | None = None
    engine: str = "auto"  # "auto" | "gufo" | "pysnmp": which library asks; auto finds out


class TlsMode(StrEnum):
    """Whether ONVIF is asked over TLS, and what makes us believe that it is the device."""

    NONE = ""  # plain HTTP
    PIN = "pin"  # the certificate of the first connection, and no other after that
    VERIFY = "verify"  # one that a certificate authority of this machine vouches for
    INSECURE = "insecure"  # any: encrypted, but anybody may be at the other end


@dataclass(frozen=True, slots=True)
class StreamUri:
    """Where one stream of a device is: `rtsp://host:port/path`, never with a user or password in it."""

    name: str  # "main", "sub", or "ch3/main" on a recorder
    uri: str


@dataclass(frozen=True, slots=True)
class Device:
    """One row of the inventory. `id` is the operator's own; serial and MAC only detect a swap."""

    id: str
    kind: Kind
    host: str
    name: str = ""
    place: str = ""
    parent: str = ""  # id of the device that feeds it: its switch, or the recorder of an analogue camera
    power: str = ""  # id of the UPS that its power comes from; one fed over PoE has its switch's
    criticality: Criticality = Criticality.NORMAL
    onvif_port: int | None = None  # None: it does not speak ONVIF
    login: Login | None = None
    snmp: SnmpAccess | None = None  # None: it does not speak SNMP
    streams: tuple[StreamUri, ...] = ()  # given by the operator; wins over what ONVIF says
    tcp_ports: tuple[int, ...] = ()  # further ports that must accept a connection
    tls: TlsMode = TlsMode.NONE  # of its ONVIF port
    recording: str = ""  # name of its recording plan; "": the site's own


# ---------------------------------------------------------------- what was learnt


@dataclass(frozen=True, slots=True)
class Reading:
    """One value a device gave. `part` names the disk, port, stream or label it is of; "" is the whole device.

    A number in the metric's base unit, or text for an `info` metric, whose `part` is then the label's name or
    the stream that the text is about.
    """

    metric: "Metric"
    value: float | str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A small JPEG taken as evidence."""

    jpeg: bytes = field(repr=False)
    width: int
    height: int
    part: str = ""  # the stream it was taken from
    before: bytes = field(default=b"", repr=False)  # the intact picture beside it, as JPEG; or none


class Via(StrEnum):
    """How a switch knows of a neighbour."""

    FDB = "fdb"  # forwarding table: a frame of this MAC came in at the port
    LLDP = "lldp"  # it said its name on the port
    ARP = "arp"  # which MAC an address has; says no port
    SELF = "self"  # the switch's own MAC
    GATEWAY = "gateway"  # the router through which the switch itself speaks to other networks


@dataclass(frozen=True, slots=True)
class Link:
    """One thing a switch knows of who hangs where.

    `mac` is `aa:bb:cc:dd:ee:ff`; `port` has the name that the port's readings carry; "" is not told.
    """

    via: Via
    mac: str = ""
    port: str = ""
    address: str = ""
    is_bridge: bool = False  # LLDP: it calls itself a bridge
    name: str = ""  # LLDP: what it calls itself


@dataclass(frozen=True, slots=True)
class Answer:
    """What a collector hands back: bare readings, at most a few small pictures, and who hangs where."""

    readings: tuple[Reading, ...] = ()
    pictures: tuple[Picture, ...] = ()
    links: tuple[Link, ...] = ()


class Trouble(StrEnum):
    """Why a collector learnt nothing: the error tree of `collectors.base`, as data."""

    UNREACHABLE = "unreachable"  # nothing answered: power, cable, switch, address
    AUTH = "auth"  # it answered and refused our name or password
    BUSY = "busy"  # it answered that it has no room for us
    NOT_SUPPORTED = "not_supported"  # it answered and does not have this
    BAD_REPLY = "bad_reply"  # it answered with something we cannot read
    DEADLINE = "deadline"  # it did not come to an end in the time allowed
    BUG = "bug"  # our own fault: says nothing about the device

    @property
    def answered(self) -> bool:
        """Whether the device itself gave a sign of life."""
        return self in {Trouble.AUTH, Trouble.BUSY, Trouble.NOT_SUPPORTED, Trouble.BAD_REPLY}


@dataclass(frozen=True, slots=True)
class Failure:
    """A collector's error as data: what happened and, in one sentence without secrets, the detail."""

    trouble: Trouble
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one collector learnt from one device, failure included. The unit of flow."""

    device: str
    collector: str
    at: float  # when it ended, Unix seconds UTC
    took_seconds: float
    readings: tuple[Reading, ...] = ()
    error: Failure | None = None
    pictures: tuple[Picture, ...] = ()
    links: tuple[Link, ...] = ()  # judged by the watch; history and messages leave them out

    @property
    def ok(self) -> bool:
        """Whether the device was asked and told us something."""
        return self.error is None


# ---------------------------------------------------------------- what it means


class Health(StrEnum):
    """What a rule says of one fault at one moment."""

    BAD = "bad"
    GOOD = "good"
    UNKNOWN = "unknown"  # could not be seen: neither a fault nor its absence


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule's opinion on one fault of one part of one device, with the numbers behind it.

    `detail` names a message of `models.messages`; `facts` fills its placeholders.
    """

    device: str
    fault: "Fault"
    health: Health
    part: str = ""
    detail: str = ""
    facts: Mapping[str, float | str] = field(default_factory=dict)
    at: float = 0.0  # when its evidence was taken: the same evidence looked at twice counts once


class Ending(StrEnum):
    """Why an incident ended."""

    RECOVERED = "recovered"  # seen good long enough
    EXPLAINED = "explained"  # it turned out to be part of another incident
    REMOVED = "removed"  # the device left the inventory, or is to be ignored from now on
    CONVERTED = "converted"  # what a prediction announced came: its ticket goes on as the fault's
    LIFTED = "lifted"  # a prediction that no longer holds


class Phase(StrEnum):
    """Where a fault stands in its life."""

    OK = "ok"
    PENDING = "pending"  # seen bad, not yet long enough
    OPEN = "open"
    RECOVERING = "recovering"  # seen good again, not yet long enough
    UNKNOWN = "unknown"  # was never seen, or cannot be seen now


class FaultKey(NamedTuple):
    """Identity of a fault: survives restarts, is written into tickets."""

    device: str
    part: str
    code: str

    def __str__(self) -> str:
        return f"{self.device}/{self.part or '-'}/{self.code}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one part of one device and where it stands in its life."""

    key: FaultKey
    phase: Phase
    since: float  # when this phase began
    opened_at: float | None = None  # first bad sight of the fault that is now open or recovering
    verdict: Verdict | None = None  # the newest opinion
    is_restless: bool = False  # it comes and goes: it ends only after a longer calm


@dataclass(frozen=True, slots=True)
class Cause:
    """What probably lies behind a loss, by what the switch says of the port; a hint, never a proof.

    `detail` names a message of `models.messages`; `facts` fills its placeholders.
    """

    detail: str
    facts: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prediction:
    """A latent defect (S4): what a learned model expects to fail, as its gate decided to tell it.

    Attributes:
        device: id of the inventory.
        part: the disk, port or stream; "" is the whole device.
        component: what wears out: ir_light, lens, disk, ups_battery, fan, link, clock, retention, memory,
            ptz, sensor …; its name for people is the message `component.<component>`.
        becomes: codes of the faults that it announces.
        at: when it was forecast, Unix seconds.
        probability: 0-1 within the model's horizon; None where the model gives none.
        due_at: when it is expected, Unix seconds; `earliest` and `latest` bound its 80 % interval. None where
            the model gives none.
        grade: how well founded it is: "A" (best), "B", "C".
        model: id and version of the model.
        explanation: why, as messages of `models.messages` with their facts; the first one is the summary.
        action: what to do, and `spare`: what to carry; each the name of a message, or a text.
    """

    device: str
    part: str
    component: str
    becomes: tuple[str, ...]
    at: float
    probability: float | None = None
    due_at: float | None = None
    earliest: float | None = None
    latest: float | None = None
    grade: str = "C"
    model: str = ""
    explanation: tuple[Cause, ...] = ()
    action: str = ""
    spare: str = ""

    def __post_init__(self) -> None:
        if self.grade not in GRADES:
            raise ValueError(f"no grade {self.grade!r} of a prediction: choose of {', '.join(GRADES)}")
        if self.probability is not None and not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"a probability of {self.probability} is not within 0 and 1")

    @property
    def key(self) -> FaultKey:
        """Its identity: a key space of its own, in which no rule ever speaks."""
        return FaultKey(self.device, "/".join(filter(None, (self.part, self.component))), PREDICTED)


@dataclass(frozen=True, slots=True)
class Incident:
    """What one ticket is about: a root fault, and the findings that it explains."""

    key: str  # site/device/part/code of the root
    root: Finding
    children: tuple[FaultKey, ...] = ()
    opened_at: float = 0.0
    closed_at: float | None = None
    ending: Ending | None = None  # set together with closed_at
    explained_by: str = ""  # key of the incident that swallowed this one
    cause: Cause | None = None  # as it looked when the incident was last told
    prediction: Prediction | None = None  # it is not a fault: a latent defect, that may become one
    goes_on_from: str = ""  # key of the incident whose ticket goes on as this one's
    notes: tuple[Cause, ...] = ()  # what else its ticket says: why it was held back, and the like


SITE: Final = "@site"  # the device id of a finding about the whole site
PREDICTED: Final = "PREDICTED"  # the code of every prediction; never counted as a fault
GRADES: Final = ("A", "B", "C")
