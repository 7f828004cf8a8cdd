from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.site import DeviceSpec, SiteError, SiteSpec, Switching, load_site, moved
from simulator.sites import big_site, demo_site

GOOD = """
name: small
devices:
  - id: sw
    kind: switch
    address: 127.1.0.1
    snmp: {role: switch, version: 3, user: u, ports: 4}
  - id: cam
    kind: camera
    address: 127.1.0.2
    parent: sw
    password: "1234"
    onvif: {auth: both}
    rtsp: {main: [640, 480], gop_seconds: 2}
schedule:
  - {device: cam, fault: off, at: 1, until: 2.5}
"""


def written(tmp_path, text):
    path = tmp_path / "site.yaml"
    path.write_text(text, "utf-8")
    return path


def problems(tmp_path, text):
    with pytest.raises(SiteError) as caught:
        load_site(written(tmp_path, text))
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_good_file_is_read_as_written(tmp_path):
    site = load_site(written(tmp_path, GOOD))
    switch, camera = site.devices
    assert (switch.snmp.version, switch.snmp.ports, camera.onvif.auth) == ("3", 4, "both")
    assert (camera.rtsp.main, camera.rtsp.gop_seconds, camera.parent) == ((640, 480), 2.0, "sw")
    assert site.schedule == (Switching("cam", "off", 1.0, 2.5),)


def test_what_the_file_leaves_out_is_made_up_the_same_way_each_time(tmp_path):
    first, again = (load_site(written(tmp_path, GOOD)) for _ in range(2))
    assert first == again
    assert first.devices[0].serial != first.devices[1].serial
    assert first.devices[0].mac != first.devices[1].mac
    assert first.device("cam").name == "cam"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("name: small", "nam: small", "nam: unknown key; known are name, devices, schedule"),
        ("name: small", "nam: small", "name: is missing"),
        ("kind: camera", "kind: toaster", "devices[1].kind: choose one of camera, nvr, switch, ups"),
        ("auth: both", "auth: basic", "devices[1].onvif.auth: choose one of wsse, digest, both, none"),
        (
            "auth: both",
            "port: 80",
            "devices[1].onvif.port: 80 is not between 1024 and 65535",
        ),
        ("[640, 480]", "[640]", "devices[1].rtsp.main: needs 2 values"),
        ("[640, 480]", "[640, big]", "devices[1].rtsp.main[1]: needs a whole number"),
        ("[640, 480]", "[640, 0]", "devices[1].rtsp: frame rate, width and height must be above 0"),
        ("gop_seconds: 2", "gop_seconds: fast", "devices[1].rtsp.gop_seconds: needs a number"),
        ('"1234"', "1234", "devices[1].password: needs text (in quotes)"),
        ("127.1.0.2", "10.1.0.2", "devices[1].address: '10.1.0.2' is not an address in 127.0.0.0/8"),
        ("127.1.0.2", "127.1.0.300", "devices[1].address: '127.1.0.300' is not an address in 127.0.0.0/8"),
        ("127.1.0.2", "127.1.0.1", "devices[1].address: 127.1.0.1 is taken by sw"),
        ("id: cam", "id: sw", "devices[1].id: 'sw' is empty or taken by a device before it"),
        ("parent: sw", "parent: s", "devices[1].parent: no other device 's' on this site"),
        ("parent: sw", "parent: cam", "devices[1].parent: no other device 'cam' on this site"),
        ("parent: sw", "channels: [x]", "devices[1].channels[0]: no device 'x' on this site"),
        ("user: u, ", "", "devices[0].snmp.user: version 3 needs a user"),
        ("user: u", "user: u, auth_key: k", "devices[0].snmp: auth_protocol and auth_key go together"),
        (
            "user: u",
            "user: u, priv_protocol: AES, priv_key: k",
            "devices[0].snmp.priv_protocol: privacy needs authentication (RFC 3414 section 1.4.3)",
        ),
        ("device: cam,", "device: c,", "schedule[0].device: no device 'c' on this site"),
        ("at: 1,", "at: 3,", "schedule[0].until: must be later than at, and at not below 0"),
        ("at: 1,", "at: 1, strength: 0,", "schedule[0].strength: must be above 0 and at most 1e+07"),
        ("  - id: sw", "  - 7\n  - id: sw", "devices[0]: needs keys and values"),
    ],
)
def test_each_mistake_is_told_with_its_path(tmp_path, old, new, problem):
    assert problem in problems(tmp_path, changed(old, new))


def test_an_unknown_fault_is_told_with_those_there_are(tmp_path):
    (problem,) = problems(tmp_path, changed("fault: off", "fault: offf"))
    assert problem.startswith("schedule[0].fault: no fault 'offf': choose one of off, wrong_password")


def test_all_mistakes_are_told_at_once(tmp_path):
    text = changed("name: small", "colour: red").replace("127.1.0.2", "10.0.0.1").replace("at: 1,", "")
    told = [problem.split(":")[0] for problem in problems(tmp_path, text)]
    assert sorted(told) == ["colour", "devices[1].address", "name", "schedule[0].at"]


def test_a_secret_of_the_wrong_type_is_not_quoted(tmp_path):
    assert "1234" not in " ".join(problems(tmp_path, changed('"1234"', "1234")))


def test_a_device_does_not_print_its_secrets(tmp_path):
    text = changed("user: u", "user: u, auth_protocol: SHA, auth_key: deep-secret").replace(
        "1234", "high-secret"
    )
    assert "secret" not in repr(load_site(written(tmp_path, text)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("a: [", "is not YAML (line 1"), ("[]", "needs keys and values"), ("", "needs keys and values")],
)
def test_what_is_no_site_at_all_is_said_in_one_sentence(tmp_path, text, sentence):
    assert sentence in problems(tmp_path, text)[0]


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(SiteError, match="No such file"):
        load_site(tmp_path / "none.yaml")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "kind", "address", "snmp", "rtsp", "main", "devices", "at", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_yaml_gives_a_site_or_a_list_of_mistakes(tmp_path_factory, value):
    import yaml

    path = tmp_path_factory.mktemp("wild") / "site.yaml"
    path.write_text(yaml.safe_dump({"name": "wild", "devices": [value], "schedule": [value]}), "utf-8")
    with pytest.raises(SiteError):
        load_site(path)


def test_a_moved_site_keeps_the_distances():
    site = SiteSpec("s", (DeviceSpec("a", "ups", "127.9.3.7"), DeviceSpec("b", "ups", "127.9.4.8")))
    assert [d.address for d in moved(site, "127.30.5.0").devices] == ["127.30.5.7", "127.30.6.8"]


@pytest.mark.parametrize(
    "network", ["127.9.3.0/24", "127.255.255.0", "10.0.0.0", "127.0.0.0/7", "127.1.2.3", "here"]
)
def test_a_network_that_does_not_fit_is_refused(network):
    site = SiteSpec("s", (DeviceSpec("a", "ups", "127.9.3.7"), DeviceSpec("b", "ups", "127.9.4.8")))
    with pytest.raises(ValueError):
        moved(site, network)


@given(st.sets(st.integers(0, 5_000), min_size=1, max_size=30), st.integers(1, 120))
def test_a_moved_site_has_as_many_addresses_in_the_same_order(hosts, second):
    devices = tuple(DeviceSpec(f"d{n}", "ups", str(IPv4Address("127.20.0.0") + n)) for n in hosts)
    there = moved(SiteSpec("s", devices), f"127.{second}.64.0/18")
    gaps = {
        int(IPv4Address(new.address)) - int(IPv4Address(old.address))
        for new, old in zip(there.devices, devices, strict=True)
    }
    assert len(gaps) == 1
    assert all(IPv4Address(d.address) in IPv4Network(f"127.{second}.64.0/18") for d in there.devices)


def test_the_demo_has_what_a_small_site_has():
    site = demo_site()
    cameras = [d for d in site.devices if d.kind == "camera"]
    assert len(cameras) == 13
    assert {d.rtsp.codec for d in cameras} == {"h264", "h265"}
    assert {d.onvif.auth for d in cameras} == {"wsse", "digest", "both"}
    assert {d.rtsp.night for d in cameras} == {True, False}
    assert {d.snmp.version for d in cameras if d.snmp} == {"2c", "3"}
    assert sum(d.parent == "sw-1" for d in cameras) == 8
    assert site.device("sw-1").snmp.priv_protocol == "AES"
    assert (site.device("nvr-1").snmp.disks, len(site.device("nvr-1").channels)) == (2, 13)
    assert site.device("ups-1").snmp.role == "ups"


def test_the_demos_passwords_say_that_they_are_simulated():
    text = (Path(__file__).parents[2] / "simulator" / "sites" / "demo.yaml").read_text("utf-8")
    secrets = [
        line for line in text.splitlines() for key in ("password:", "_key:", "community:") if key in line
    ]
    assert secrets
    assert all("simulated" in line for line in secrets)


def test_a_big_site_has_as_many_devices_as_asked_for():
    site = big_site(1_000)
    assert len({d.address for d in site.devices}) == len({d.id for d in site.devices}) == 1_000
    assert all(d.onvif and d.snmp and not d.rtsp for d in site.devices)
    assert all(d.address.startswith("127.21.") for d in site.devices)


@pytest.mark.parametrize("n", [0, -1, 60_001])
def test_a_big_site_of_no_or_too_many_devices_is_refused(n):
    with pytest.raises(ValueError, match=str(n)):
        big_site(n)


def test_a_device_that_is_not_there_is_a_key_error():
    with pytest.raises(KeyError, match="nobody"):
        replace(demo_site()).device("nobody")
