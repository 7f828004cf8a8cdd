"""The agents asked by net-snmp's own tools: another house's idea of the protocol."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.simulator.snmp_site import AUTH_KEY, COMMUNITY, PRIV_KEY, Stage, numbers
from tests.simulator.snmp_site import v3 as access

pytestmark = pytest.mark.real

V1 = ("-v1", "-c", COMMUNITY)
V2C = ("-v2c", "-c", COMMUNITY)
ROLES = ["sw-1", "nvr-1", "cam-1", "cam-2", "ups-1"]


def user(
    auth: str = "SHA", *, level: str = "authPriv", key: str = AUTH_KEY, name: str = "ops"
) -> Sequence[str]:
    signing = ("-a", auth, "-A", key) if level != "noAuthNoPriv" else ()
    privacy = ("-x", "AES", "-X", PRIV_KEY) if level == "authPriv" else ()
    return ("-v3", "-u", name, "-l", level, *signing, *privacy)


async def run(stage: Stage, tool: str, name: str, options: Sequence[str], *rest: str) -> tuple[int, str]:
    """Return exit status and all that a tool printed."""
    peer = f"{stage.host(name)}:{stage[name].port}"
    process = await asyncio.create_subprocess_exec(
        tool, "-On", "-t", "2", "-r", "1", *options, peer, *rest,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await asyncio.wait_for(process.communicate(), timeout=30)
    return process.returncode or 0, printed.decode()


def names(printed: str) -> list[str]:
    """Return the names of a walk, without the line that says that it ended."""
    lines = [
        line for line in printed.splitlines() if line.startswith(".") and "No more variables" not in line
    ]
    return [line.split(" = ")[0][1:] for line in lines]


@pytest.mark.parametrize("name", ROLES)
async def test_snmpwalk_and_snmpbulkwalk_see_the_same_rows_in_order(name):
    stage = Stage()
    async with stage.running(name):
        status, bulk = await run(stage, "snmpbulkwalk", name, V2C, ".1")
        assert status == 0, bulk
        _, one_by_one = await run(stage, "snmpwalk", name, V2C, ".1")
    assert names(bulk) == names(one_by_one)
    assert numbers(names(bulk)) == sorted(set(numbers(names(bulk))))
    assert len(names(bulk)) > 60


async def test_snmpwalk_over_v1_sees_all_but_64_bit_counters():
    stage = Stage()
    async with stage.running("cam-1"):
        _, old = await run(stage, "snmpwalk", "cam-1", V1, ".1")
        _, new = await run(stage, "snmpwalk", "cam-1", V2C, ".1")
    wide = {line.split(" = ")[0][1:] for line in new.splitlines() if "Counter64" in line}
    assert len(wide) == 8
    assert set(names(new)) - set(names(old)) == wide


async def test_types_are_what_net_snmp_expects():
    stage = Stage()
    async with stage.running("nvr-1"):
        _, printed = await run(
            stage, "snmpget", "nvr-1", V2C,
            ".1.3.6.1.2.1.1.2.0", ".1.3.6.1.2.1.1.5.0", ".1.3.6.1.2.1.2.2.1.5.2",
            ".1.3.6.1.4.1.50001.1.240.0", ".1.3.6.1.2.1.31.1.1.1.6.2", ".1.3.6.1.2.1.25.2.3.1.5.31",
        )  # fmt: skip
    shown = [line.split(" = ")[1].split(":")[0] for line in printed.splitlines()]
    assert shown == ["OID", "STRING", "Gauge32", "INTEGER", "Counter64", "INTEGER"]
    assert '"NVR-1"' in printed
    assert "976754432" in printed  # a disk of 4 TB in units of 4 KiB


@pytest.mark.parametrize(
    ("name", "shown"),
    [(".1.3.6.1.2.1.1.5.9", "No Such Instance"), (".1.3.6.1.2.1.33.1.2.1.0", "No Such Object")],
)
async def test_missing_values_are_told_apart(name, shown):
    stage = Stage()
    async with stage.running("cam-1"):
        _, printed = await run(stage, "snmpget", "cam-1", V2C, name)
    assert shown in printed


@pytest.mark.parametrize(("options", "reason"), [(V2C, "notWritable"), (V1, "noSuchName")])
async def test_snmpset_is_refused_and_counted(options, reason):
    stage = Stage()
    async with stage.running("cam-2"):
        restart = ".1.3.6.1.4.1.39165.1.12.0"
        status, printed = await run(stage, "snmpset", "cam-2", options, restart, "i", "1")
    assert status != 0
    assert reason in printed
    assert stage["cam-2"].writes == 1


async def test_a_wrong_community_times_out():
    stage = Stage()
    async with stage.running("cam-1"):
        status, printed = await run(
            stage, "snmpget", "cam-1", ("-v2c", "-c", "guess", "-t", "0.3", "-r", "0"), ".1.3.6.1.2.1.1.1.0"
        )
    assert status != 0
    assert "Timeout" in printed


@pytest.mark.parametrize("auth", ["SHA", "SHA-256", "SHA-512"])
async def test_a_walk_over_v3_with_signature_and_encryption(auth):
    stage = Stage(**access(auth))
    async with stage.running("sw-1"):
        status, printed = await run(stage, "snmpbulkwalk", "sw-1", user(auth), ".1")
        assert status == 0, printed
    assert len(names(printed)) > 250
    assert numbers(names(printed)) == sorted(set(numbers(names(printed))))


@pytest.mark.parametrize(("auth", "priv", "level"), [("SHA", "", "authNoPriv"), ("", "", "noAuthNoPriv")])
async def test_users_with_fewer_keys(auth, priv, level):
    stage = Stage(**access(auth, priv))
    async with stage.running("cam-1"):
        _, printed = await run(stage, "snmpget", "cam-1", user(level=level), ".1.3.6.1.2.1.1.5.0")
    assert '"CAM-1"' in printed


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param(user(key="a wrong password"), "Authentication failure", id="wrong password"),
        pytest.param(user("SHA-256"), "Authentication failure", id="wrong digest"),
        pytest.param(user(name="eve"), "Unknown user name", id="unknown user"),
        pytest.param(user(level="authNoPriv"), "authorizationError", id="level too low"),
        pytest.param((*user(), "-n", "bridge1"), "Bad context", id="unknown context"),
    ],
)
async def test_net_snmp_understands_why_it_is_refused(options, reason):
    stage = Stage(**access())
    async with stage.running("cam-1"):
        status, printed = await run(stage, "snmpget", "cam-1", options, ".1.3.6.1.2.1.1.5.0")
    assert status != 0
    assert reason in printed


async def test_net_snmp_finds_its_way_back_after_a_boot():
    """Given boots and time from before, it is told the new ones and asks again."""
    stage = Stage(**access())
    async with stage.running("cam-1"):
        status, printed = await run(stage, "snmpget", "cam-1", (*user(), "-Z", "1,5"), ".1.3.6.1.2.1.1.5.0")
    assert (status, '"CAM-1"' in printed) == (0, True), printed


async def test_net_snmp_sees_a_changed_password():
    stage = Stage(**access())
    stage.board.switch_on("cam-1", "wrong_password")
    async with stage.running("cam-1"):
        _, printed = await run(stage, "snmpget", "cam-1", user(), ".1.3.6.1.2.1.1.5.0")
    assert "Authentication failure" in printed
