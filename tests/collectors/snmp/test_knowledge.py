"""Knowledge as data: what is shipped is sound, what is wrong is refused with its place."""

import subprocess
import sys
import zipfile

import pytest

from collectors.snmp.knowledge import Area
from collectors.snmp.loading import SHIPPED, load, read_file, shipped
from collectors.snmp.node import KnowledgeError
from models.metrics import METRICS
from tests.collectors.snmp.support import REPO

GOOD = """
mib: ACME-MIB
source: made up for this test
area: health
at: 1.3.6.1.4.1.99999
applies: {probe: [.1.0]}
scalars:
  - {oid: .1.0, metric: cctv_cpu_used_ratio, unit: percent, low: 0, high: 1}
"""


def test_what_is_shipped_loads_and_names_its_source():
    mibs = shipped().mibs
    assert len(mibs) == len(list(SHIPPED.glob("*.yaml")))
    assert all(mib.source and (mib.scalars or mib.tables) for mib in mibs)


def test_detection_and_liveness_fit_into_one_request():
    assert len(shipped().probes()) + 3 <= 30


@pytest.mark.parametrize("area", Area)
def test_every_area_gives_listed_metrics(area):
    assert shipped().metrics(area)
    assert set(shipped().metrics(area)) <= set(METRICS.values())


# Rows of tables whose numbers are fixed: net-snmp's memory rows, the output of the script called "smart".
FIXED_ROWS = {"HOST-RESOURCES-MIB memory of net-snmp", "SMART by NET-SNMP-EXTEND-MIB"}


def test_scalars_end_in_0_and_columns_do_not():
    for mib in shipped().mibs:
        for item in mib.scalars:
            assert mib.name in FIXED_ROWS or all(oid.endswith(".0") for oid in item.oids), item
        for table in mib.tables:
            assert not any(oid.endswith(".0") for item in table.items for oid in item.oids), table


def test_the_restart_switch_of_hikvision_cameras_is_never_even_read():
    asked = {oid for mib in shipped().mibs for item in mib.scalars for oid in item.oids}
    assert "1.3.6.1.4.1.39165.1.12.0" not in asked


def test_a_relative_oid_is_put_behind_the_base(tmp_path):
    (tmp_path / "acme.yaml").write_text(GOOD)
    (mib,) = load(tmp_path).mibs
    assert mib.scalars[0].oid == "1.3.6.1.4.1.99999.1.0"


def test_an_operators_file_replaces_the_shipped_one_of_the_same_mib(tmp_path):
    (tmp_path / "mine.yaml").write_text(GOOD.replace("ACME-MIB", "UPS-MIB"))
    both = load(SHIPPED, tmp_path)
    assert len(both.mibs) == len(shipped().mibs)
    assert next(mib for mib in both.mibs if mib.name == "UPS-MIB").source == "made up for this test"


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        (
            "cctv_cpu_used_ratio",
            "cctv_cpu",
            "acme.yaml.scalars[0].metric: 'cctv_cpu' is not in models/metrics.py",
        ),
        (
            "unit: percent",
            "unit: percentage",
            "acme.yaml.scalars[0].unit: 'percentage' is none of number, ",
        ),
        ("low: 0", "lowest: 0", "acme.yaml.scalars[0]: unknown key 'lowest'"),
        ("low: 0", "low: none", "acme.yaml.scalars[0].low: a number is wanted"),
        ("low: 0", "low: true", "acme.yaml.scalars[0].low: a number is wanted"),
        ("oid: .1.0", "oid: 1.x.0", "acme.yaml.scalars[0].oid: '1.x.0' is no object identifier"),
        ("oid: .1.0", "oid: 1.3", "acme.yaml.scalars[0].oid: a text is wanted"),
        ("area: health", "area: disks", "acme.yaml.area: 'disks' is none of health, interfaces, ups"),
        ("area: health\n", "", "acme.yaml.area: a text is wanted"),
        ("{probe: [.1.0]}", "{}", "acme.yaml.applies: nothing says to which devices this applies"),
        ("{probe: [.1.0]}", "{kinds: [toaster]}", "acme.yaml.applies.kinds: 'toaster' is none of camera"),
        ("{probe: [.1.0]}", "{descr: '('}", "acme.yaml.applies.descr: no regular expression"),
        ("unit: percent", "states: {on: 1}", "True must be a whole number or a quoted text"),
        ("unit: percent", "states: {1: up}", "1 must stand for a number, or for null"),
        ("oid: .1.0", "times: .2", "acme.yaml.scalars[0].oid: a text is wanted"),
        (
            "{probe: [.1.0]}",
            "{probe: [.2]}",
            "0.2 is a number: put object identifiers of this shape in quotes",
        ),
        ("unit: percent", "scale: '.2'", "scale and precision go together"),
        ("mib: ACME-MIB", "mib: [", "acme.yaml: cannot be read"),
        (GOOD, "just a text", "acme.yaml: a mapping is wanted here"),
        (
            "scalars:",
            "tables: [{rows: ['.2']}]\nscalars:",
            "acme.yaml.tables[0]: a table needs rows and values",
        ),
    ],
)
def test_a_wrong_word_is_refused_with_file_and_place(tmp_path, was, becomes, complaint):
    file = tmp_path / "acme.yaml"
    assert was in GOOD
    file.write_text(GOOD.replace(was, becomes))
    with pytest.raises(KnowledgeError) as caught:
        read_file(file)
    assert complaint in str(caught.value)


def test_a_part_name_may_only_use_the_index(tmp_path):
    table = "tables: [{rows: ['.2'], name_as: '{secret}', values: [{oid: '.2', metric: cctv_disk_ok}]}]"
    (tmp_path / "acme.yaml").write_text(GOOD + table)
    with pytest.raises(KnowledgeError, match="name_as"):
        load(tmp_path)


def test_the_files_are_in_the_wheel(tmp_path):
    """Without them an installed agent would know no MIB."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=REPO, check=True, capture_output=True, timeout=60)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    shipped_ = {f"collectors/snmp/mibs/{file.name}" for file in SHIPPED.glob("*.yaml")}
    assert shipped_ <= set(names)
