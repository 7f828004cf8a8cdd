"""`siteward discover` against a simulated network."""

import csv
import io
import json
import os

import pytest
from typer.testing import CliRunner

from agent.cli import app
from agent.discovery.onboard import look_at
from agent.inventory import read_inventory
from collectors.discovery import discover
from models.facts import Kind, Login, Secret
from simulator.site import DeviceSpec, OnvifSpec, SiteSpec
from simulator.world import World

NET = f"127.{84 + os.getpid() % 20}.{os.getpid() % 250}"
CAM, OTHER, NVR = (f"{NET}.{n}" for n in (11, 12, 20))
PASSWORD = "made up 9"


def world(auth="wsse"):
    onvif = OnvifSpec(auth=auth, discoverable=True)
    cameras = [
        DeviceSpec(
            f"cam-{n}",
            "camera",
            f"{NET}.{10 + n}",
            password=PASSWORD,
            onvif=onvif,
            name=f"Gate {n}",
            place="=HYPER",
        )
        for n in range(1, 7)
    ]
    names = tuple(one.id for one in cameras)
    nvr = DeviceSpec("nvr-1", "nvr", NVR, password=PASSWORD, onvif=onvif, channels=names)
    return World(SiteSpec("found", (*cameras, nvr)))


async def looked(login, only=(CAM, NVR)):
    found = await discover("127.0.0.1", only, multicast=False, seconds=0.4)
    return {one.found.address: one for one in await look_at(found, login)}


@pytest.mark.parametrize("auth", ["wsse", "digest", "both"])
async def test_a_right_login_tells_what_it_is_and_how_many_channels_it_has(auth):
    async with world(auth) as site:
        seen = await looked(Login("service", Secret(PASSWORD)))
        assert (seen[CAM].kind, seen[CAM].channels, seen[CAM].login) == (Kind.CAMERA, 1, "accepted")
        assert (seen[NVR].kind, seen[NVR].channels) == (Kind.NVR, 6)
        assert seen[CAM].told("model") == "SV-200"
        assert seen[CAM].told("mac").startswith("02:53:")
        assert site.servers["cam-1", "onvif"].counts["refused_logins"] == 0


@pytest.mark.parametrize("auth", ["wsse", "digest", "both"])
async def test_a_wrong_login_is_refused_once_a_device_and_not_tried_again(auth):
    async with world(auth) as site:
        seen = await looked(Login("service", Secret("wrong")))
        assert seen[CAM].login == "refused"
        assert "wrong" not in seen[CAM].trouble
        assert site.servers["cam-1", "onvif"].counts["refused_logins"] == 1


async def test_without_a_login_none_is_sent():
    async with world() as site:
        seen = await looked(None)
        assert (seen[CAM].login, seen[CAM].port) == ("not tried", 8080)
        assert site.servers["cam-1", "onvif"].counts["refused_logins"] == 0


async def test_a_device_that_names_another_host_is_asked_itself_at_the_usual_ports():
    async with world() as site:
        site.switch_on("cam-1", "discovery_elsewhere")
        seen = await looked(Login("service", Secret(PASSWORD)))
        assert (seen[CAM].port, seen[CAM].login) == (8080, "accepted")


async def run(*arguments):
    """Run the command beside the simulator, whose loop is ours."""
    import asyncio

    return await asyncio.to_thread(CliRunner().invoke, app, ["discover", *arguments])


def site_files(folder):
    (folder / "site.yaml").write_text(
        "site: found\nlogins: {cams: {user: service, password: '${file:pw}'}}\n"
    )
    (folder / "pw").write_text(PASSWORD)
    (folder / "pw").chmod(0o600)
    (folder / "devices.csv").write_text(
        f"id,kind,host,onvif_port\ncam-9,camera,{CAM},8080\ngone,camera,{NET}.200,80\n"
    )
    return folder / "site.yaml"


async def test_new_devices_are_written_as_rows_that_the_inventory_reads(tmp_path):
    path = site_files(tmp_path)
    async with world():
        made = tmp_path / "new.csv"
        given = [
            "--network",
            f"{NET}.0/27",
            "--interface",
            "127.0.0.1",
            "--seconds",
            "0.6",
            "--login",
            "cams",
        ]
        result = await run("-c", str(path), *given, "--csv", str(made), "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    ours = {one["address"]: one for one in told["devices"] if one["address"].startswith(NET)}
    assert (ours[CAM]["known_as"], ours[OTHER]["known_as"]) == ("cam-9", "")
    assert "gone" in told["not_answering"]
    rows = [row for row in csv.DictReader(io.StringIO(made.read_text())) if row["host"].startswith(NET)]
    assert {row["host"] for row in rows} >= {OTHER, NVR}
    assert CAM not in {row["host"] for row in rows}
    assert all(row["place"] == "'=HYPER" for row in rows if row["kind"] == "camera")
    from agent.config import fetch_access, read_config

    devices = read_inventory(made, fetch_access(read_config(path), path))
    assert all(device.login for device in devices if device.host in {OTHER, NVR})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--login", "cams"], "--login needs --config"),
        (["--network", "10.0.0.0/8"], "smaller networks"),
        (["--network", "nonsense"], "--network"),
        (["-c", "/nowhere/site.yaml"], "cannot be used"),
    ],
)
def test_wrong_use_is_told(given, said):
    result = CliRunner().invoke(app, ["discover", *given])
    assert result.exit_code == 2
    assert said in result.output


def test_an_interface_that_is_not_there_is_told():
    result = CliRunner().invoke(app, ["discover", "--interface", "192.0.2.1", "--seconds", "0.2"])
    assert (result.exit_code, "192.0.2.1" in result.output) == (1, True)
