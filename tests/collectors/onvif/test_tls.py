"""HTTPS: the certificate of the first connection is the device's, and nothing is sent to another."""

import asyncio
import json
import time

import pytest

from agent.pins import FilePins, PinsError
from collectors.base import BadReply
from collectors.onvif.clock import OnvifClock
from collectors.onvif.tls import CertificateChanged, MemoryPins, fingerprint
from models.facts import Device, Kind, Login, Reading, Secret, TlsMode
from models.metrics import TLS_PINNED
from simulator.site import DeviceSpec, OnvifSpec, SiteSpec
from simulator.world import World
from tests.collectors.onvif.conftest import Client

HOST = "127.43.21.1"


def world(*quirks):
    onvif = OnvifSpec(tls=True, quirks=quirks)
    return World(SiteSpec("test", (DeviceSpec("cam-1", "camera", HOST, password="made up 9", onvif=onvif),)))


def device(mode=TlsMode.PIN):
    login = Login("service", Secret("made up 9"))
    return Device("cam-1", Kind.CAMERA, HOST, onvif_port=8080, login=login, tls=mode)


async def asked(client, mode=TlsMode.PIN):
    return await client.onvif.call(device(mode), "device", "GetDeviceInformation")


async def test_quirk_21_a_self_signed_certificate_is_pinned_at_first_use():
    pins = MemoryPins()
    client = Client(pins=pins)
    async with world():
        await asked(client)
        shown = client.onvif.session(device()).certificate
    assert pins.get(f"cam-1 {HOST}:8080") == fingerprint(shown)
    await client.onvif.close()


async def test_quirk_21_another_certificate_is_told_and_gets_nothing(client):
    async with world() as running:
        await asked(client)
        client.onvif.forget("cam-1")
        running.switch_on("cam-1", "onvif_cert_changed")
        await restarted(running)
        before = running.servers["cam-1", "onvif"].counts["requests"]
        with pytest.raises(CertificateChanged, match="siteward trust cam-1"):
            await asked(client)
        assert running.servers["cam-1", "onvif"].counts["requests"] == before


async def test_quirk_21_the_next_clock_poll_says_that_the_certificate_changed(client):
    async with world() as running:
        clock = OnvifClock(client.onvif)
        assert Reading(TLS_PINNED, 1.0) in (await clock.collect(device())).readings
        running.switch_on("cam-1", "onvif_cert_changed")
        await restarted(running)
        client.onvif.forget("cam-1")
        with pytest.raises(CertificateChanged) as caught:
            await clock.collect(device())
        assert caught.value.learnt == (Reading(TLS_PINNED, 0.0),)


async def restarted(running):
    await asyncio.gather(*running.servers["cam-1", "onvif"]._tasks)


async def test_quirk_21_verify_refuses_what_nobody_vouches_for(client):
    async with world() as running:
        with pytest.raises(BadReply, match="certificate is not trusted: self-signed"):
            await asked(client, TlsMode.VERIFY)
        assert running.servers["cam-1", "onvif"].counts["requests"] == 0


async def test_quirk_21_insecure_takes_any_certificate(client):
    async with world() as running:
        await asked(client, TlsMode.INSECURE)
        running.switch_on("cam-1", "onvif_cert_changed")
        await restarted(running)
        client.onvif.forget("cam-1")
        await asked(client, TlsMode.INSECURE)


async def test_quirk_21_a_stack_that_knows_only_old_tls_is_met(client):
    async with world("onvif_tls_old"):
        assert (await asked(client)).body is not None


async def test_quirk_21_a_stack_that_stalls_on_tls_does_not_hold_the_thread(fake):
    client = Client(timeout_seconds=0.6)
    plain = fake.device()
    stalls = Device("cam-1", Kind.CAMERA, plain.host, onvif_port=plain.onvif_port, tls=TlsMode.PIN)
    fake.delay = 30.0
    began = time.monotonic()
    with pytest.raises(BadReply):
        await client.onvif.call(stalls, "device", "GetDeviceInformation")
    assert time.monotonic() - began < 5
    await client.onvif.close()


def test_pins_survive_and_a_probe_writes_none(tmp_path):
    path = tmp_path / "pins.json"
    FilePins(path, keeps=False).keep("cam-1 h:443", "aa")
    assert not path.exists()
    FilePins(path).keep("cam-1 h:443", "aa")
    assert FilePins(path).get("cam-1 h:443") == "aa"


def test_a_pin_taken_away_is_noticed_while_running(tmp_path):
    running = FilePins(tmp_path / "pins.json")
    running.keep("cam-1 h:443", "aa")
    running.keep("cam-11 h:443", "bb")
    assert FilePins(tmp_path / "pins.json").drop("cam-1") == 1
    assert (running.get("cam-1 h:443"), running.get("cam-11 h:443")) == ("", "bb")


def test_damaged_pins_trust_nobody(tmp_path):
    (tmp_path / "pins.json").write_text(json.dumps(["cam-1"]))
    with pytest.raises(PinsError, match="is damaged"):
        FilePins(tmp_path / "pins.json").get("cam-1 h:443")
