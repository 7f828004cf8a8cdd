import asyncio
import datetime as dt

import pytest

from simulator.site import DeviceSpec, OnvifSpec, SnmpSpec, moved
from simulator.world import World
from tests.simulator.onvif_client import (
    NS,
    PASSWORD,
    addressed,
    camera,
    client,
    own_network,
    session,
    site,
    token,
)


class OnvifOnly(World):
    """A world whose SNMP section only says how many disks there are."""

    def _build(self, spec):
        return [(name, server) for name, server in super()._build(spec) if name == "onvif"]


NVR = DeviceSpec(
    id="nvr",
    kind="nvr",
    address="127.20.0.200",
    password=PASSWORD,
    channels=("cam-1",),
    onvif=OnvifSpec(max_pull_points=2),
    snmp=SnmpSpec(role="nvr", disks=2),
)


def world_of(*devices):
    return OnvifOnly(moved(site(*devices), own_network()))


def ends(text):
    return f"<q:InitialTerminationTime>{text}</q:InitialTerminationTime>"


async def subscribe(one, inner=""):
    reply = await one.login("CreatePullPointSubscription", service="tev", inner=inner)
    return reply.text("wsa:Address")


async def pull(one, url, *, seconds=0, limit=50):
    inner = f"<q:Timeout>PT{seconds}S</q:Timeout><q:MessageLimit>{limit}</q:MessageLimit>"
    return await one.login("PullMessages", service="tev", url=url, inner=inner)


def told(reply):
    """(last part of the topic, source, data, how) of each notification."""
    return [
        (
            note.findtext("wsnt:Topic", None, NS).rpartition("/")[2],
            source.get("Value"),
            note.find(".//tt:Data/tt:SimpleItem", NS).get("Value"),
            note.find(".//tt:Message", NS).get("PropertyOperation"),
        )
        for note in reply.root.iterfind(".//wsnt:NotificationMessage", NS)
        if (source := note.find(".//tt:Source/tt:SimpleItem", NS)) is not None
    ]


def of(reply, *topics):
    return [one for one in told(reply) if one[0] in topics]


async def test_a_new_subscription_hears_every_state_first_then_only_changes():
    async with world_of(camera(), NVR) as world, session() as http:
        one = client(http, world, "nvr")
        url = await subscribe(one)
        first = await pull(one, url)
        assert of(first, "StorageFailure", "SignalLoss") == [
            ("StorageFailure", "disk1", "false", "Initialized"),
            ("StorageFailure", "disk2", "false", "Initialized"),
            ("SignalLoss", "ch1-source", "false", "Initialized"),
        ]
        assert {how for *_, how in told(first)} == {"Initialized"}
        assert told(await pull(one, url)) == []
        world.switch_on("nvr", "disk_failed")
        assert told(await pull(one, url)) == [("StorageFailure", "disk1", "true", "Changed")]
        world.switch_on("cam-1", "off")
        world.switch_off("nvr", "disk_failed")
        assert told(await pull(one, url)) == [
            ("StorageFailure", "disk1", "false", "Changed"),
            ("SignalLoss", "ch1-source", "true", "Changed"),
        ]


@pytest.mark.parametrize(
    ("fault", "topic"),
    [("black", "ImageTooDark"), ("blurred", "ImageTooBlurry"), ("covered", "GlobalSceneChange")],
)
async def test_a_camera_tells_what_is_wrong_with_its_picture(fault, topic):
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        url = await subscribe(one)
        await pull(one, url)
        world.switch_on("cam-1", fault)
        reply = await pull(one, url)
        assert [(data, how) for _, _, data, how in told(reply)] == [("true", "Changed")]
        assert topic in reply.text("wsnt:Topic")


async def test_a_waiting_pull_is_woken_by_the_change_and_does_not_count_as_crowding():
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        url = await subscribe(one)
        await pull(one, url)
        waiting = asyncio.create_task(pull(one, url, seconds=15))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        assert (await one.login("GetUsers")).status == 200
        world.switch_on("cam-1", "black")
        assert len(told(await asyncio.wait_for(waiting, 5))) == 1
        counts = world.servers["cam-1", "onvif"].counts
        assert (counts["max_in_flight"], counts["max_pulls"]) == (1, 1)


async def test_no_more_messages_than_asked_for():
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        url = await subscribe(one)
        assert [len(told(await pull(one, url, limit=2))) for _ in range(3)] == [2, 2, 0]


async def test_a_synchronization_point_tells_all_again():
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        url = await subscribe(one)
        first = told(await pull(one, url))
        await one.login("SetSynchronizationPoint", service="tev", url=url)
        assert told(await pull(one, url)) == first


async def test_slots_are_few_and_unsubscribing_frees_one():
    async with world_of(camera(), NVR) as world, session() as http:
        one = client(http, world, "nvr")
        url = await subscribe(one)
        await subscribe(one)
        full = await one.login("CreatePullPointSubscription", service="tev")
        assert (full.status, full.subcodes) == (500, ["wsnt:SubscribeCreationFailedFault"])
        gone = await one.login("Unsubscribe", service="wsnt", url=url, header=addressed())
        assert gone.status == 200
        assert world.servers["nvr", "onvif"].counts["subscriptions"] == 1
        assert await subscribe(one)
        assert (await pull(one, url)).subcodes == ["wsnt:ResourceUnknownFault"]


async def test_a_subscription_ends_by_itself():
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        url = await subscribe(one, ends("PT1S"))
        await asyncio.sleep(1.2)
        assert (await pull(one, url)).subcodes == ["wsnt:ResourceUnknownFault"]


async def test_a_power_cut_frees_every_slot():
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        await subscribe(one)
        world.switch_on("cam-1", "off")
        for _ in range(100):
            if world.servers["cam-1", "onvif"].counts["subscriptions"] == 0:
                break
            await asyncio.sleep(0.05)
        assert world.servers["cam-1", "onvif"].counts["subscriptions"] == 0


async def test_renewing_wants_addressing_and_tells_the_new_end():
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        url = await subscribe(one)
        inner = "<q:TerminationTime>PT5M</q:TerminationTime>"
        bare = await one.login("Renew", service="wsnt", url=url, inner=inner)
        assert bare.status == 500
        reply = await one.login("Renew", service="wsnt", url=url, inner=inner, header=addressed("urn:7"))
        assert reply.text("wsa:RelatesTo") == "urn:7"
        end, now = (
            dt.datetime.fromisoformat(reply.text(f"wsnt:{n}")) for n in ("TerminationTime", "CurrentTime")
        )
        assert 299 <= (end - now).total_seconds() <= 301


async def test_an_absolute_end_is_read_by_the_devices_clock():
    async with world_of(camera()) as world, session() as http:
        world.switch_on("cam-1", "clock_offset", 100.0)  # 4,000 s ahead
        one = client(http, world)
        in_two_hours = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        reply = await one.ask(
            "CreatePullPointSubscription", service="tev", inner=ends(in_two_hours), header=token(ahead=4000)
        )
        assert reply.text("wsnt:TerminationTime")[:16] == in_two_hours[:16]


@pytest.mark.parametrize("text", ["PT0S", "P9D", "soon", "P", "2001-01-01T00:00:00Z", "PT-5S"])
async def test_a_time_that_cannot_be_kept_is_refused(text):
    async with world_of(camera()) as world, session() as http:
        reply = await client(http, world).login(
            "CreatePullPointSubscription", service="tev", inner=ends(text)
        )
        assert (reply.status, reply.subcodes[0]) == (400, "ter:InvalidArgVal")


async def test_the_topic_tree_lists_what_will_be_told():
    async with world_of(camera(), NVR) as world, session() as http:
        reply = await client(http, world, "nvr").login("GetEventProperties", service="tev")
        topics = reply.root.xpath("//*[@*[local-name()='topic']='true']")
        assert [topic.tag for topic in topics] == [
            "StorageFailure",
            "FanFailure",
            "PowerSupplyFailure",
            "TemperatureCritical",
            "SignalLoss",
            "State",
        ]
