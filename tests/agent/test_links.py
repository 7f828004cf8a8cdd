"""What the machine sees of its own network, and what of the links is told in the log."""

import asyncio

from agent.home import neighbours, own_macs
from agent.links import LinkNotes
from models.facts import Device, Kind, Link, Report, Via
from models.watch import Watch

ARP = """IP address       HW type     Flags       HW address            Mask     Device
192.0.2.7        0x1         0x2         02:53:00:00:00:07     *        eth0
192.0.2.8        0x1         0x0         00:00:00:00:00:00     *        eth0
192.0.2.9        0x1         0x0         02:53:00:00:00:09     *        eth0
broken
192.0.2.10       0x1         0xzz        02:53:00:00:00:10     *        eth0
"""


def test_only_addresses_that_were_resolved_are_neighbours(tmp_path):
    (tmp_path / "arp").write_text(ARP)
    assert neighbours(tmp_path / "arp") == {"192.0.2.7": "02:53:00:00:00:07"}
    assert neighbours(tmp_path / "none") == {}


def test_the_loopback_interface_has_no_mac(tmp_path):
    for name, text in (("lo", "00:00:00:00:00:00\n"), ("eth0", "02:aa:00:00:00:01\n"), ("odd", "\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "address").write_text(text)
    (tmp_path / "file").write_text("")
    assert own_macs(tmp_path) == {"02:aa:00:00:00:01"}
    assert own_macs(tmp_path / "none") == frozenset()


def watched() -> Watch:
    switches = [Device(f"sw-{n}", Kind.SWITCH, f"192.0.2.{n}") for n in (1, 2)]
    camera = Device("cam-1", Kind.CAMERA, "192.0.2.7", parent="sw-2")
    return Watch("site", [*switches, camera], home=("02:AA:00:00:00:01",))


def seen(watch: Watch, port: str, at: float) -> None:
    links = (
        Link(Via.FDB, "02:aa:00:00:00:01", "gi1"),
        Link(Via.FDB, "02:53:00:00:00:07", port),
    )
    watch.observe(Report("sw-1", "snmp_topology", at, 1.0, links=links))
    watch.tick(at + 1)


def test_what_disagrees_is_told_once_and_a_move_too(caplog):
    caplog.set_level("INFO", "agent.links")
    watch = watched()
    notes = LinkNotes(watch)
    addresses = {"192.0.2.7": "02:53:00:00:00:07", "192.0.2.99": "02:53:00:00:00:99"}
    for at, port in ((100.0, "gi5"), (200.0, "gi5"), (300.0, "gi6"), (400.0, "gi6")):
        notes.look(addresses)
        seen(watch, port, at)
    notes.look(addresses)
    assert [record.getMessage() for record in caplog.records] == [
        "links disagree why=operator device=cam-1 given=sw-2 seen=sw-1",
        "device moved device=cam-1 from=sw-1/gi5 to=sw-1/gi6",
    ]


async def test_a_machine_that_cannot_say_whom_it_sees_does_not_end_the_looking(caplog):
    asked = asyncio.Event()

    def addresses():
        loop.call_soon_threadsafe(asked.set)
        raise OSError("no table")

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(LinkNotes(watched(), addresses).run())
    await asyncio.wait_for(asked.wait(), 5)
    await asyncio.sleep(0.05)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "links not looked at" in caplog.text
