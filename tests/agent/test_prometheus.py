"""The metrics page says what is known now: absent is not 0, and what left the inventory vanishes."""

import asyncio
import urllib.error
import urllib.request

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from agent.sinks.prometheus import Sample, SnapshotCollector
from agent.snapshot import Snapshot
from agent.web.app import make_app, serving
from models import metrics
from models.facts import Failure, Reading, Report, Trouble


def report(device="cam-1", collector="stream", readings=(), error=None):
    return Report(device, collector, 1000.0, 0.1, tuple(readings), error)


def page(snapshot, sources=()):
    registry = CollectorRegistry()
    registry.register(SnapshotCollector("s1", snapshot, sources))
    return generate_latest(registry).decode()


def test_a_reading_becomes_a_series_with_site_and_device():
    snapshot = Snapshot()
    snapshot.take(report(readings=[Reading(metrics.CLOCK_OFFSET, -1.5)]))
    assert 'cctv_clock_offset_seconds{device="cam-1",site="s1"} -1.5' in page(snapshot)


def test_a_stream_of_a_recorder_has_its_channel_as_label():
    snapshot = Snapshot()
    snapshot.take(report(readings=[Reading(metrics.STREAM_FPS, 25.0, "ch3/main")]))
    assert 'cctv_stream_fps{channel="ch3",device="cam-1",part="main",site="s1"} 25.0' in page(snapshot)


def test_texts_of_one_device_are_one_info_series():
    snapshot = Snapshot()
    readings = [
        Reading(metrics.DEVICE_INFO, "Acme", "maker"),
        Reading(metrics.DEVICE_INFO, '1"0\n', "firmware"),
    ]
    snapshot.take(report(readings=readings))
    assert 'cctv_device_info{device="cam-1",firmware="1\\"0\\n",maker="Acme",site="s1"} 1.0' in page(snapshot)


def test_the_profile_of_each_stream_is_a_series_of_its_own():
    snapshot = Snapshot()
    snapshot.take(
        report(
            readings=[
                Reading(metrics.PROFILE_INFO, "H264 640x360", "ch3/sub"),
                Reading(metrics.PROFILE_INFO, "H265 1920x1080", "ch3/main"),
            ]
        )
    )
    text = page(snapshot)
    assert (
        'cctv_profile_info{channel="ch3",device="cam-1",part="sub",profile="H264 640x360",site="s1"} 1.0'
        in text
    )
    assert text.count("cctv_profile_info{") == 2


def test_what_was_read_long_ago_is_not_known_any_more():
    snapshot = Snapshot()
    snapshot.take(report(readings=[Reading(metrics.CLOCK_OFFSET, 1.0)]))
    snapshot.forget_stale(1100.0, lambda _: 180.0)
    assert "cctv_clock_offset_seconds{" in page(snapshot)
    snapshot.forget_stale(1200.0, lambda _: 180.0)
    assert "cctv_clock_offset_seconds{" not in page(snapshot)


def test_a_failed_check_takes_its_readings_away():
    snapshot = Snapshot()
    snapshot.take(report(readings=[Reading(metrics.STREAM_FPS, 25.0, "main")]))
    snapshot.take(report(error=Failure(Trouble.UNREACHABLE, "gone")))
    assert "cctv_stream_fps{" not in page(snapshot)


def test_a_removed_device_vanishes():
    snapshot = Snapshot()
    snapshot.take(report(readings=[Reading(metrics.CLOCK_OFFSET, 0.0)]))
    snapshot.keep_only([])
    assert "cam-1" not in page(snapshot)


def test_a_counter_keeps_one_total():
    snapshot = Snapshot()
    snapshot.take(report(readings=[Reading(metrics.PORT_IN, 5.0, "ge1")]))
    assert 'cctv_port_in_bytes_total{device="cam-1",part="ge1",site="s1"} 5.0' in page(snapshot)


def test_sources_are_asked_at_each_scrape():
    values = iter((1.0, 2.0))
    sources = [lambda: [Sample(metrics.OUTBOX_PENDING, next(values), ("mqtt",))]]
    registry = CollectorRegistry()
    registry.register(SnapshotCollector("s1", Snapshot(), sources))
    assert b'cctv_outbox_pending{outbox="mqtt",site="s1"} 1.0' in generate_latest(registry)
    assert b'cctv_outbox_pending{outbox="mqtt",site="s1"} 2.0' in generate_latest(registry)


def get(url, accept="text/plain"):
    request = urllib.request.Request(url, headers={"accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.headers["content-type"], answer.read().decode()
    except urllib.error.HTTPError as err:
        return err.code, "", err.read().decode()


async def test_metrics_and_health_are_served():
    snapshot = Snapshot()
    snapshot.take(report(readings=[Reading(metrics.CLOCK_OFFSET, 1.0), Reading(metrics.UPTIME, 9.0)]))
    registry = CollectorRegistry()
    registry.register(SnapshotCollector("s1", snapshot))
    state = {"alive": "", "ready": "the first round is not done"}
    app = make_app(registry, alive=lambda: state["alive"], ready=lambda: state["ready"])
    async with serving(app, "127.0.0.1", 0) as port:
        base = f"http://127.0.0.1:{port}"
        status, kind, text = await asyncio.to_thread(get, base + "/metrics")
        assert (status, "cctv_clock_offset_seconds" in text) == (200, True)
        assert kind.startswith("text/plain")
        _, kind, text = await asyncio.to_thread(
            get, base + "/metrics", "application/openmetrics-text; version=1.0.0"
        )
        assert kind.startswith("application/openmetrics-text")
        assert text.endswith("# EOF\n")
        _, _, text = await asyncio.to_thread(get, base + "/metrics?name[]=cctv_uptime_seconds")
        assert "cctv_uptime_seconds{" in text
        assert "cctv_clock_offset" not in text
        assert await asyncio.to_thread(get, base + "/readyz") == (503, "", "the first round is not done\n")
        state["ready"] = ""
        assert (await asyncio.to_thread(get, base + "/readyz"))[0] == 200
        assert (await asyncio.to_thread(get, base + "/healthz"))[2] == "ok\n"


async def test_an_address_in_use_is_told_at_start():
    app = make_app(CollectorRegistry(), alive=str, ready=str)
    async with serving(app, "127.0.0.1", 0) as port:
        with pytest.raises(OSError, match="in use"):
            async with serving(app, "127.0.0.1", port):
                pass
