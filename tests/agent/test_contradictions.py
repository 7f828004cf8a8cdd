"""`siteward probe` shows where the inventory and the switches disagree, by what the agent remembers."""

from types import SimpleNamespace

from agent.contradictions import contradictions, lines
from agent.store import Store
from models.facts import Device, Kind, Link, Report, Via
from models.watch import Watch

T0 = 1_760_000_000.0
MAC = "02:00:00:00:00:01"
SWITCHES = tuple(Device(f"sw-{n}", Kind.SWITCH, f"192.0.2.{n}") for n in (1, 2))
CAMERA = Device("cam-1", Kind.CAMERA, "192.0.2.9", onvif_port=80, parent="sw-1")
DEVICES = (*SWITCHES, CAMERA)


def test_a_camera_that_the_switches_see_elsewhere_is_told_of_it_and_of_its_switches(tmp_path):
    watch = Watch("site", DEVICES)
    watch.note_addresses({CAMERA.host: MAC})
    watch.observe(Report("sw-2", "snmp_topology", T0, 1.0, links=(Link(Via.FDB, MAC, "port 7"),)))
    watch.tick(T0 + 1)
    assert watch.learned.contradictions
    store = Store.open(tmp_path / "siteward.db")
    store.save_states(watch.dump())
    store.close()
    site = SimpleNamespace(site="site", state_dir=tmp_path)
    for about in ("cam-1", "sw-1", "sw-2"):
        (line,) = lines(contradictions(site, DEVICES, about))
        assert line == "cam-1: on sw-1 by the inventory (it counts), on sw-2 by the switches"
    assert contradictions(site, DEVICES, "sw-9") == []


def test_without_an_agent_nothing_is_known(tmp_path):
    assert contradictions(SimpleNamespace(site="site", state_dir=tmp_path), DEVICES, "cam-1") == []
