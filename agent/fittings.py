"""What the configuration gives to each part of the agent."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from agent import __version__
from agent.config import Access, SiteConfig
from agent.pipeline import Manner
from agent.schedule import BACKOFF_LIMIT
from agent.service.contract import ContractConfig
from agent.service.files import FilesError, read_files, warranty_of
from agent.sinks.mqtt import MqttSettings, MqttSink, Tls
from agent.store import Retention, Store, StoreSettings
from models.facts import Device
from models.fault import Severity
from models.service.calendar import ROUND_THE_CLOCK
from models.service.clocks import ClockName, due
from models.service.warranty import Warranty
from models.ticket_setting import Due

log = logging.getLogger(__name__)


def store_settings(config: SiteConfig, now: float) -> StoreSettings:
    """Return how long what is kept, and from which silence of a collector on nothing is known.

    Args:
        config: the site's configuration.
        now: seconds since 1970; which day it is goes by the site's zone, as it is ahead now.
    """
    keep = Retention(
        raw=config.retention.raw,
        hourly=config.retention.hourly,
        daily=config.retention.daily,
        telemetry=config.mqtt.keep_telemetry if config.mqtt else 0,
    )
    gaps = {name: config.timing(name)[0] * (BACKOFF_LIMIT + 1) for name in config.collector_names}
    ahead = datetime.fromtimestamp(now, config.zone).utcoffset() or timedelta()
    return StoreSettings(keep=keep, gaps=gaps, day_offset=ahead.total_seconds())


def mqtt_sink(
    config: SiteConfig, access: Access, store: Store, boot: int, clock: Callable[[], float]
) -> MqttSink | None:
    """Return what publishes this run of the agent (``boot``), None where no broker is configured."""
    given = config.mqtt
    if given is None:
        return None
    settings = MqttSettings(
        site=config.site,
        host=given.host,
        port=given.port,
        version=given.protocol,
        user=given.user,
        password=access.mqtt_password,
        client_id=given.client_id,
        tls=Tls(ca_file=given.ca_file) if given.tls else None,
    )
    return MqttSink(store, settings, boot=boot, version=__version__, clock=clock)


def manner_of(config: SiteConfig, devices: Sequence[Device]) -> Manner:
    """Return how the pipeline speaks: language, zone, limits, warranties."""
    return Manner(
        site_name=config.name or config.site,
        language=config.language,
        zone=config.zone,
        publish=config.mqtt is not None,
        keep_pictures=config.keep_pictures,
        pictures_seconds=config.retention.pictures,
        limits=config.tickets.limits(),
        policies=config.tickets.policies,
        repeat_seconds=config.service.repeat_window,
        warranties=warranties(config, devices),
        pages=config.web.base_url or "",
        promised=promises(config),
        contact=contact(config.contract),
        access=config.contract.access,
    )


def contact(contract: ContractConfig) -> str:
    """Return the first person of the contract whom one may call, "" where none is named."""
    first = next((one for one in contract.contacts if one.phone or one.email), None)
    return ", ".join(filter(None, (first.name, first.role, first.phone or first.email))) if first else ""


def promises(config: SiteConfig) -> Callable[[str, float], list[Due]]:
    """Return what tells, of a severity, when each clock runs out that starts at a moment.

    The ticket itself is the response, so the clock that it stops is left out.
    """
    level, calendars = config.service.level(), config.service.calendars(config.zone)

    def promised(severity: str, at: float) -> list[Due]:
        started = [one for one in level.start(Severity(severity), at) if one.name is not ClockName.RESPOND]
        dues = [(one.name.value, due(one, calendars.get(one.calendar, ROUND_THE_CLOCK))) for one in started]
        return [(name, until) for name, until in dues if until is not None]

    return promised


def warranties(config: SiteConfig, devices: Sequence[Device]) -> dict[str, Warranty]:
    """Return until when each device is in warranty; a spreadsheet with mistakes holds nothing up."""
    try:
        files = read_files(config.contract, devices)
    except FilesError as err:
        log.warning("tickets will not say whether devices are in warranty: %s", err)
        return {}
    found = {device.id: warranty_of(config.contract, files.get(device.id)) for device in devices}
    return {id_: one for id_, one in found.items() if one.until is not None}
