"""`site.yaml`: read, checked as a whole, refused with a path for each thing that is wrong.

pydantic stands at this edge only; inside the house the frozen records of `models.facts` are used.
"""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from agent.discovery.config import DiscoveryConfig
from agent.helpdesk.choice import HelpdeskConfig, secret_references
from agent.helpdesk.settings import LocalConfig, MailConfig
from agent.predictions.config import PredictionsConfig
from agent.ptz.config import PtzConfig
from agent.recording import RecordingConfig
from agent.secrets import SecretError, resolve
from agent.service.config import ServiceConfig
from agent.service.contract import ContractConfig, ReportsConfig
from agent.streams import StreamsConfig
from agent.strict import Identifier, Port, SecretRef, Strict, meant
from agent.sun import LocationConfig
from agent.tickets import TicketsConfig
from agent.units import Duration
from agent.web.settings import WebConfig, WebTls
from collectors.snmp.knowledge import Knowledge
from collectors.snmp.loading import SHIPPED, load, shipped
from collectors.snmp.node import KnowledgeError
from models.facts import Login, Secret, SnmpAccess

# How often each collector asks, and how long one try may take (seconds).
DEFAULT_SCHEDULE: Final[dict[str, tuple[float, float]]] = {
    "reach": (60.0, 5.0),
    "onvif_clock": (60.0, 10.0),
    "onvif_identity": (3600.0, 15.0),
    "onvif_media": (900.0, 20.0),
    "onvif_events": (30.0, 15.0),
    "onvif_network": (21600.0, 20.0),
    "onvif_access": (86400.0, 20.0),
    "onvif_equipment": (3600.0, 20.0),
    "onvif_sight": (3600.0, 60.0),
    "onvif_snapshot": (3600.0, 15.0),
    "onvif_recording": (3600.0, 60.0),
    "onvif_gaps": (86400.0, 90.0),
    "vendor_http": (300.0, 20.0),
    "snmp_health": (60.0, 10.0),
    "snmp_interfaces": (60.0, 15.0),
    "snmp_ups": (30.0, 10.0),
    "snmp_topology": (600.0, 60.0),
    "stream_describe": (120.0, 10.0),  # the levels of a look at a stream, each dearer than the one before
    "stream": (300.0, 25.0),
    "stream_main": (1800.0, 25.0),
    "stream_gop": (21600.0, 40.0),
}


class ConfigError(Exception):
    """The configuration cannot be used; `problems` says all that is wrong with it, a line each."""

    def __init__(self, source: str, problems: list[str]) -> None:
        super().__init__(f"{source}: " + "; ".join(problems))
        self.source = source
        self.problems = problems


class LoginConfig(Strict):
    """A user for ONVIF, RTSP and HTTP; a read-only one is enough."""

    user: Annotated[str, Field(min_length=1)]
    password: SecretRef


class SnmpConfig(Strict):
    """SNMP access; read-only is enough, nothing is ever set."""

    version: Literal["1", "2c", "3"] = "2c"
    port: Port = 161
    community: SecretRef | None = None
    user: str = ""
    auth_protocol: Literal["", "SHA", "SHA224", "SHA256", "SHA384", "SHA512", "MD5"] = ""
    auth_key: SecretRef | None = None
    priv_protocol: Literal["", "AES", "DES"] = ""
    priv_key: SecretRef | None = None
    engine: Annotated[
        Literal["auto", "gufo", "pysnmp"],
        Field(description="Which library asks; pysnmp for agents that only that one hears."),
    ] = "auto"

    @field_validator("version", mode="before")
    @classmethod
    def _numbers_are_versions_too(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value


class CollectorConfig(Strict):
    """When one collector asks."""

    every: Duration | None = None
    deadline: Duration | None = None
    enabled: bool = True


class MqttConfig(Strict):
    """The broker; leave the section out to publish nothing."""

    host: str = "127.0.0.1"
    port: Port = 1883
    protocol: Literal["5", "3.1.1"] = "5"
    user: str = ""
    password: SecretRef | None = None
    tls: bool = False
    ca_file: Path | None = None
    client_id: str = ""
    keep_telemetry: Annotated[int, Field(ge=0, description="Telemetry kept while the broker is away.")] = (
        100_000
    )


class TrapsConfig(Strict):
    """Where devices may send SNMP traps and informs; leave the section out to listen to none."""

    listen: Annotated[str, Field(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[
        int, Field(ge=0, le=65535, description="162 needs a privilege; 0 takes any free port.")
    ] = 1162
    trusted: Annotated[
        tuple[str, ...],
        Field(description="Addresses that forward traps of others: the agent address inside is believed."),
    ] = ()

    @field_validator("listen", "trusted")
    @classmethod
    def _addresses_are_numbers(cls, value: Any) -> Any:
        for address in (value,) if isinstance(value, str) else value:
            ip_address(address)  # its sentence says what is wrong
        return value


class RetentionConfig(Strict):
    """How long the history is kept."""

    raw: Duration = 14 * 86400.0
    hourly: Duration = 400 * 86400.0
    daily: Duration = 3660 * 86400.0
    pictures: Duration = 90 * 86400.0


class JudgementConfig(Strict):
    """How quickly a fault is believed."""

    hold_scale: Annotated[
        float,
        Field(gt=0, le=10, description="Multiplies the hold times of every fault; 1 is the catalogue's."),
    ] = 1.0
    correlate: Annotated[
        Duration, Field(description="Wait before a first ticket, for its cause to show.")
    ] = 90.0
    stale_intervals: Annotated[
        float, Field(ge=1.5, description="Silence, in intervals, after which unknown.")
    ] = 3.0
    baseline_samples: Annotated[int, Field(ge=2, le=100)] = 5


class SiteConfig(Strict):
    """All of `site.yaml`."""

    site: Identifier
    name: str = ""
    language: Literal["en", "zh_CN"] = "en"
    timezone: str = "UTC"
    location: Annotated[
        LocationConfig | None, Field(description="Where the site is: tells when cameras have day or dusk.")
    ] = None
    inventory: Path = Path("devices.csv")
    state_dir: Path = Path("var")
    logins: dict[Identifier, LoginConfig] = Field(default_factory=dict)
    snmp: dict[Identifier, SnmpConfig] = Field(default_factory=dict)
    mib_dirs: Annotated[
        tuple[Path, ...],
        Field(description="Folders of the site's own knowledge of MIBs; a file may replace a shipped one."),
    ] = ()
    schedule: dict[str, CollectorConfig] = Field(default_factory=dict)
    judgement: JudgementConfig = JudgementConfig()
    recording: RecordingConfig = RecordingConfig()
    service: ServiceConfig = ServiceConfig()
    contract: ContractConfig = ContractConfig()
    reports: ReportsConfig = ReportsConfig()
    tickets: TicketsConfig = TicketsConfig()
    mqtt: MqttConfig | None = None
    helpdesk: Annotated[HelpdeskConfig, Field(description="Where tickets go.")] = LocalConfig()
    helpdesk_record: Annotated[
        bool, Field(description="Keep each ticket in the local helpdesk too, where it goes to another.")
    ] = True
    helpdesk_mail: Annotated[
        MailConfig | None,
        Field(description="Speaks of tickets further where the helpdesk only takes new ones."),
    ] = None
    helpdesk_hook: Annotated[
        SecretRef | None,
        Field(
            description="A reference to the signing key of POST /hooks/helpdesk, by which a helpdesk tells."
        ),
    ] = None
    helpdesk_mail_tag: Annotated[
        str, Field(pattern=r"^[^{}\r\n]*\{\}[^{}\r\n]*$", description="A ticket's number in a subject.")
    ] = "[#{}]"
    web: WebConfig = WebConfig()
    predictions: PredictionsConfig = PredictionsConfig()
    traps: TrapsConfig | None = None
    discovery: DiscoveryConfig | None = None
    ptz_test: PtzConfig | None = None
    vendor_http: Annotated[
        bool,
        Field(description="Read disks and channels of recorders from their makers' own web pages too."),
    ] = False
    retention: RetentionConfig = RetentionConfig()
    icmp: Annotated[bool, Field(description="Ping devices where the system permits it.")] = True
    stream_workers: Annotated[int, Field(ge=1, le=32, description="Decoder processes, 80 MB each.")] = 2
    stream_window: Annotated[
        Duration, Field(ge=1.0, le=30.0, description="How long a stream is watched.")
    ] = 2.5
    streams: Annotated[StreamsConfig, Field(description="How streams are looked at.")] = StreamsConfig()
    retry_refused_login: Annotated[
        Duration,
        Field(description="Wait after two refused logins before asking again; below 1h risks a lock-out."),
    ] = 3600.0
    keep_pictures: Annotated[bool, Field(description="Keep a small picture as evidence in tickets.")] = True

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"no time zone {value!r}: write a name such as Asia/Shanghai")
        return value

    @field_validator("schedule")
    @classmethod
    def _collectors_are_known(cls, value: dict[str, CollectorConfig]) -> dict[str, CollectorConfig]:
        unknown = sorted(set(value) - set(DEFAULT_SCHEDULE))
        if unknown:
            raise ValueError(f"no collector {', '.join(unknown)}: choose of {', '.join(DEFAULT_SCHEDULE)}")
        return value

    @model_validator(mode="after")
    def _plans_are_known(self) -> "SiteConfig":
        known = self.recording.plans
        unknown = sorted({plan for plan in self.recording.channels.values() if plan not in known})
        if unknown:
            raise ValueError(
                f"recording.channels: no plan {', '.join(unknown)}: there are {', '.join(known) or 'none'}"
            )
        return self

    @model_validator(mode="after")
    def _escalation_can_be_mailed(self) -> "SiteConfig":
        if self.service.writes and self.mail_server is None:
            raise ValueError(
                "service.escalation names e-mail addresses, and no mail server is configured: fill in"
                " reports.mail or helpdesk_mail"
            )
        return self

    @property
    def mail_server(self) -> tuple[str, MailConfig] | None:
        """The mail server that people are written to by, and the section that it stands in; None for none."""
        sections = {
            "reports.mail": self.reports.mail,
            "helpdesk_mail": self.helpdesk_mail,
            "helpdesk": self.helpdesk if isinstance(self.helpdesk, MailConfig) else None,
        }
        return next(((name, mail) for name, mail in sections.items() if mail is not None), None)

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def collector_names(self) -> tuple[str, ...]:
        """The collectors that are switched on."""
        return tuple(name for name in DEFAULT_SCHEDULE if self.is_enabled(name))

    def is_enabled(self, collector: str) -> bool:
        """Whether a collector is switched on; without `stream` no stream is looked at, at any level."""
        if collector == "vendor_http" and not self.vendor_http:
            return False
        of_streams = collector.startswith("stream_") and not self.is_enabled("stream")
        return self.schedule.get(collector, CollectorConfig()).enabled and not of_streams

    def timing(self, collector: str) -> tuple[float, float]:
        """Return interval and deadline of a collector, in seconds."""
        if collector == "ptz_test":
            return (self.ptz_test.every if self.ptz_test else 86400.0), 180.0
        if collector == "discovery":
            return (self.discovery or DiscoveryConfig()).every, 60.0
        every, deadline = DEFAULT_SCHEDULE[collector]
        given = self.schedule.get(collector, CollectorConfig())
        return given.every or every, given.deadline or deadline


class Access:
    """The secrets of a site, fetched: logins and SNMP accesses by name, the broker's, the helpdesk's."""

    def __init__(self, config: SiteConfig, *, base: Path, environ: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self.base = base
        self.plans = tuple(config.recording.plans)
        self._environ = environ
        self.logins = {name: self._login(name, given) for name, given in config.logins.items()}
        self.snmp = {name: self._snmp(name, given) for name, given in config.snmp.items()}
        mqtt = config.mqtt
        self.mqtt_password = self._fetch("mqtt.password", mqtt.password) if mqtt else None
        self.helpdesk = self._secrets("helpdesk", secret_references(config.helpdesk))
        mail = config.helpdesk_mail
        self.helpdesk_mail = self._secrets("helpdesk_mail", secret_references(mail) if mail else {})
        self.helpdesk_hook = self._fetch("helpdesk_hook", config.helpdesk_hook)
        oidc = config.web.oidc
        self.oidc = self._fetch("web.oidc.client_secret", oidc.client_secret) if oidc else None
        post = config.reports.mail
        self.reports_mail = self._secrets("reports.mail", secret_references(post) if post else {})

    def mail_password(self, section: str) -> Secret | None:
        """Return the password of the mail server in a section, None where it has none."""
        mails = {"reports.mail": self.reports_mail, "helpdesk_mail": self.helpdesk_mail}
        return mails.get(section, self.helpdesk).get("password")

    def _fetch(self, path: str, reference: str | None) -> Secret | None:
        if reference is None:
            return None
        try:
            return resolve(reference, base=self.base, environ=self._environ)
        except SecretError as err:
            self.problems.append(f"{path}: {err}")
            return None

    def _secrets(self, section: str, references: Mapping[str, str]) -> dict[str, Secret]:
        fetched = {name: self._fetch(f"{section}.{name}", given) for name, given in references.items()}
        return {name: secret for name, secret in fetched.items() if secret is not None}

    def _login(self, name: str, given: LoginConfig) -> Login:
        return Login(given.user, self._fetch(f"logins.{name}.password", given.password) or Secret(""))

    def _snmp(self, name: str, given: SnmpConfig) -> SnmpAccess:
        path = f"snmp.{name}"
        self.problems += [f"{path}.{wrong}" for wrong in _snmp_problems(given)]
        return SnmpAccess(
            port=given.port,
            version=given.version,
            community=self._fetch(f"{path}.community", given.community),
            user=given.user,
            auth_protocol=given.auth_protocol,
            auth_key=self._fetch(f"{path}.auth_key", given.auth_key),
            priv_protocol=given.priv_protocol,
            priv_key=self._fetch(f"{path}.priv_key", given.priv_key),
            engine=given.engine,
        )


def _snmp_problems(given: SnmpConfig) -> list[str]:
    if given.version != "3":
        return [] if given.community else [f"community: needed for version {given.version}"]
    problems = [] if given.user else ["user: needed for version 3"]
    if bool(given.auth_protocol) != bool(given.auth_key):
        problems.append("auth_key: auth_protocol and auth_key go together")
    if bool(given.priv_protocol) != bool(given.priv_key):
        problems.append("priv_key: priv_protocol and priv_key go together")
    if given.priv_protocol and not given.auth_protocol:
        problems.append("priv_protocol: privacy needs authentication (RFC 3414)")
    return problems


def read_config(path: Path) -> SiteConfig:
    """Read `site.yaml`; paths in it become relative to its folder.

    Raises:
        ConfigError: missing, not YAML, or wrong, with the path of each wrong thing.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise ConfigError(str(path), [f"cannot be read: {err.strerror}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as err:
        raise ConfigError(str(path), [f"is not YAML: {_where(err)}"]) from None
    if not isinstance(data, dict):
        raise ConfigError(str(path), ["must be a mapping that begins with `site:`"])
    try:
        config = SiteConfig.model_validate(data)
    except ValidationError as err:
        raise ConfigError(str(path), [_sentence(problem) for problem in err.errors()]) from None
    base = path.resolve().parent
    found: dict[str, Any] = {"inventory": base / config.inventory, "state_dir": base / config.state_dir}
    found |= {"web": _placed(config.web, base)}
    config = config.model_copy(update=found | {"mib_dirs": tuple(base / one for one in config.mib_dirs)})
    config = config.model_copy(update=service_paths(config, base))
    knowledge_of(config, path)
    return config


def service_paths(config: SiteConfig, base: Path) -> dict[str, Any]:
    """Return the sections about contract and reports with their paths under the config's folder."""
    contract, reports = config.contract, config.reports
    given = {name: getattr(contract, name) for name in ("plans", "device_files")}
    own = {name: base / path for name, path in given.items() if path is not None}
    return {
        "contract": contract.model_copy(update=own),
        "reports": reports.model_copy(update={"folder": base / reports.folder}),
    }


def _placed(web: WebConfig, base: Path) -> WebConfig:
    if web.tls is None:
        return web
    tls = WebTls(certificate=base / web.tls.certificate, key=base / web.tls.key)
    return web.model_copy(update={"tls": tls})


def knowledge_of(config: SiteConfig, path: Path = Path("site.yaml")) -> Knowledge:
    """Return what is known of MIBs: what is shipped, and the site's own files.

    Raises:
        ConfigError: a folder is missing, or a file says something that cannot be; `path` names the config.
    """
    missing = [str(folder) for folder in config.mib_dirs if not folder.is_dir()]
    if missing:
        raise ConfigError(str(path), [f"mib_dirs: no folder {folder}" for folder in missing])
    try:
        return load(SHIPPED, *config.mib_dirs) if config.mib_dirs else shipped()
    except KnowledgeError as err:
        raise ConfigError(str(path), [f"mib_dirs: {err}"]) from None


def fetch_access(config: SiteConfig, path: Path, environ: Mapping[str, str] | None = None) -> Access:
    """Fetch all secrets of a config.

    Raises:
        ConfigError: one line for each that could not be had.
    """
    access = Access(config, base=path.resolve().parent, environ=os.environ if environ is None else environ)
    if access.problems:
        raise ConfigError(str(path), access.problems)
    return access


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `site.yaml`, for editors."""
    made = SiteConfig.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "Siteward site.yaml"}


def _sentence(problem: Any) -> str:
    where = ".".join(str(step) for step in problem["loc"]) or "(top)"
    if problem["type"] == "extra_forbidden":
        near = meant(SiteConfig, problem["loc"])
        return f"{where}: unknown key" + (f"; is {near} meant?" if near else "")
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{where}: {message}"


def _where(err: Exception) -> str:
    """Say where YAML broke without quoting the line: it may hold a secret."""
    if isinstance(err, yaml.MarkedYAMLError) and err.problem_mark:
        mark = err.problem_mark
        return f"{err.problem}, line {mark.line + 1}, column {mark.column + 1}"
    return "not UTF-8 text" if isinstance(err, UnicodeDecodeError) else "cannot be parsed"
