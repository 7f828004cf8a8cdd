"""The spreadsheet: every mistake of every row at once, and a workbook reads like a CSV."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from agent.config import Access, ConfigError, SiteConfig
from agent.inventory import COLUMNS, read_inventory
from models.facts import Criticality, Kind, StreamUri

CONFIG = SiteConfig.model_validate(
    {
        "site": "s",
        "logins": {"cams": {"user": "viewer", "password": "${env:P}"}},
        "snmp": {"read": {"version": "2c", "community": "${env:P}"}},
    }
)
ACCESS = Access(CONFIG, base=Path(), environ={"P": "s3cret"})
HEAD = "id,kind,host,name,place,parent,criticality,login,onvif_port,snmp,streams,tcp_ports\n"
ROWS = """sw-1,switch,192.0.2.2,Switch,Room 1,,critical,,,read:1161,,
cam-1,camera,192.0.2.11,Gate,North gate,sw-1,,cams,80,read,main=rtsp://192.0.2.11/a sub=rtsp://192.0.2.11/b,"554 8000"
"""


def read(tmp_path, text, name="devices.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_inventory(path, ACCESS)


def problems(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    return caught.value.problems


def test_rows_become_devices(tmp_path):
    switch, camera = read(tmp_path, HEAD + ROWS)
    assert (switch.kind, switch.criticality, switch.snmp.port) == (Kind.SWITCH, Criticality.CRITICAL, 1161)
    assert (camera.parent, camera.onvif_port, camera.tcp_ports, camera.snmp.port) == (
        "sw-1",
        80,
        (554, 8000),
        161,
    )
    assert camera.streams == (
        StreamUri("main", "rtsp://192.0.2.11/a"),
        StreamUri("sub", "rtsp://192.0.2.11/b"),
    )
    assert camera.login.user == "viewer"


def test_a_workbook_reads_like_the_csv(tmp_path):
    book = Workbook()
    for row in csv.reader((HEAD + ROWS).splitlines()):
        book.active.append([int(cell) if cell.isdigit() else cell or None for cell in row])
    book.save(tmp_path / "devices.xlsx")
    assert read_inventory(tmp_path / "devices.xlsx", ACCESS) == read(tmp_path, HEAD + ROWS)


def test_chinese_headings_and_semicolons_are_understood(tmp_path):
    head = ";".join(COLUMNS.values()) + "\n"
    devices = read(tmp_path, "\ufeff" + head + "cam-1;camera;192.0.2.1;大门;北门;;;;;;;\n")
    assert (devices[0].name, devices[0].place) == ("大门", "北门")


def test_empty_and_commented_rows_are_passed_over(tmp_path):
    assert len(read(tmp_path, HEAD + ROWS + ",,,,,,,,,,,\n#old,camera,x,,,,,,,,,\n")) == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a b,camera,h,,,,,,,,,", "column id: 'a b' is not letters"),
        (",camera,h,,,,,,,,,", "column id: is empty"),
        ("c,toaster,h,,,,,,,,,", "column kind: 'toaster' is none of camera, nvr"),
        ("c,camera,http://h,,,,,,,,,", "column host: 'http://h' is not an address"),
        ("c,camera,300.1.1.1,,,,,,,,,", "column host: '300.1.1.1' is not an address"),
        ("c,camera,h,,,gone,,,,,,", "column parent: 'gone' is no device of this inventory"),
        ("c,camera,h,,,c,,,,,,", "column parent: 'c' would feed itself"),
        ("c,camera,h,,,,urgent,,,,,", "column criticality: 'urgent' is none of critical"),
        ("c,camera,h,,,,,nobody,,,,", "column login: 'nobody' is not in site.yaml; there are: cams"),
        ("c,camera,h,,,,,,99999,,,", "column onvif_port: '99999' is not a port"),
        ("c,camera,h,,,,,,,nope,,", "column snmp: 'nope' is not in site.yaml; there are: read"),
        ("c,camera,h,,,,,,,read:x,,", "column snmp: 'x' is not a port"),
        ("c,camera,h,,,,,,,,rtsp://u:pw@h/a,", "column streams: must hold no user and password"),
        ("c,camera,h,,,,,,,,rtsp://other/a,", "column streams: points to other, but the device is h"),
        ("c,camera,h,,,,,,,,ftp://h,", "column streams: is none of rtsp://, rtsps://, http://, https://"),
        ("sw-1,camera,h,,,,,,,,,", "column id: 'sw-1' stands in row 2 already"),
    ],
)
def test_each_mistake_is_named_with_row_and_column(tmp_path, row, said):
    lines = problems(tmp_path, HEAD + ROWS + row + "\n")
    assert any(line.startswith("row 4, ") and said in line for line in lines), lines


def test_all_rows_are_told_at_once(tmp_path):
    assert len(problems(tmp_path, HEAD + "a,x,h,,,,,,,,,\nb,y,h,,,,,,,,,\nc,camera,!,,,,,,,,,\n")) == 3


def test_headings_are_checked_before_rows(tmp_path):
    lines = problems(tmp_path, "id,kind,colour,kind\n1,camera,red,nvr\n")
    assert lines == [
        f"row 1, column 'colour': unknown heading; known are {', '.join(COLUMNS)}",
        "row 1, column kind: stands twice",
        "row 1: heading 'host' is missing",
    ]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("d.csv", b"\xff\xfe\x00id", "is not UTF-8: save it as CSV UTF-8, or as .xlsx"),
        ("d.xlsx", b"not a zip", "is not an .xlsx workbook"),
        ("d.csv", b"", "row 1: heading 'id' is missing"),
        ("d.csv", HEAD.encode(), "holds no device: add a row for each"),
    ],
)
def test_a_file_that_is_no_inventory_says_so(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigError, match=said.replace(".", r"\.")):
        read_inventory(tmp_path / name, ACCESS)


@given(rows=st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=12), max_size=5))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_the_cells_is_read_or_refused(tmp_path, rows):
    path = tmp_path / "wild.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as out:
        out.write(HEAD)
        csv.writer(out).writerows(rows)
    problems = []
    try:
        devices = read_inventory(path, ACCESS)
    except ConfigError as err:
        devices, problems = (), err.problems
    assert problems or devices
    assert all(device.id and device.host for device in devices)


POWERED = "id,kind,host,power\nups-1,ups,192.0.2.1,\nsw-1,switch,192.0.2.2,ups-1\n"


def test_a_row_may_name_the_ups_that_its_power_comes_from(tmp_path):
    assert [device.power for device in read(tmp_path, POWERED)] == ["", "ups-1"]


@pytest.mark.parametrize("power", ["ups-2", "sw-1"])
def test_power_comes_from_a_ups_of_this_inventory_and_nothing_else(tmp_path, power):
    told = problems(tmp_path, POWERED.replace("ups-1\n", f"{power}\n"))
    assert told == [f"row 3, column power: '{power}' is no UPS of this inventory"]
