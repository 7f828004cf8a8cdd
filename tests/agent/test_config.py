"""A config is read as a whole; all that is wrong is said, with its path, and no secret is quoted."""

import json
from pathlib import Path

import pytest
import yaml

from agent.config import DEFAULT_SCHEDULE, ConfigError, fetch_access, knowledge_of, read_config, schema

GOOD = """
site: riverside
language: zh_CN
timezone: Asia/Shanghai
logins:
  cameras: {user: viewer, password: "${env:CAM}"}
snmp:
  read: {version: 2c, community: "${file:community.txt}"}
schedule:
  stream: {every: 5m, deadline: 20}
"""


@pytest.fixture
def write(tmp_path):
    def write_file(text: str) -> Path:
        path = tmp_path / "site.yaml"
        path.write_text(text, encoding="utf-8")
        (tmp_path / "community.txt").write_text("s3cret-community\n", encoding="utf-8")
        return path

    return write_file


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        fetch_access(read_config(path), path, {"CAM": "s3cret-password"})
    return caught.value.problems


def test_a_good_config_is_read_with_its_paths_beside_it(write):
    path = write(GOOD)
    config = read_config(path)
    assert config.inventory == path.parent / "devices.csv"
    assert config.timing("stream") == (300.0, 20.0)
    assert config.timing("reach") == DEFAULT_SCHEDULE["reach"]


def test_secrets_are_fetched_and_cannot_be_printed(write):
    path = write(GOOD)
    access = fetch_access(read_config(path), path, {"CAM": "s3cret-password"})
    assert access.logins["cameras"].password.reveal() == "s3cret-password"
    community = access.snmp["read"].community
    assert community is not None
    assert community.reveal() == "s3cret-community"
    assert "s3cret" not in repr(access.logins) + str(access.snmp)


def test_a_systemd_credential_is_read_from_its_folder(write, tmp_path):
    path = write(GOOD.replace("${env:CAM}", "${credential:cam}"))
    (tmp_path / "creds").mkdir()
    (tmp_path / "creds" / "cam").write_text("from-systemd")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path / "creds")}
    assert (
        fetch_access(read_config(path), path, environ).logins["cameras"].password.reveal() == "from-systemd"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("timezone:", "tmezone:"), "tmezone: unknown key; is timezone meant?"),
        (("timezone:", "weather:"), "weather: unknown key"),
        (("every: 5m", "evry: 5m"), "schedule.stream.evry: unknown key; is every meant?"),
        (
            ("Asia/Shanghai", "Mars/Base"),
            "timezone: no time zone 'Mars/Base': write a name such as Asia/Shanghai",
        ),
        (("every: 5m", "every: soon"), "schedule.stream.every: 'soon' is not a duration"),
        (("stream: {", "strem: {"), "schedule: no collector strem: choose of reach"),
        (("site: riverside", "site: ../etc"), "site: String should match pattern"),
        (('"${env:CAM}"', "hunter2"), "logins.cameras.password: a secret must not stand in the file itself"),
        (("${env:CAM}", "${env:NOPE}"), "logins.cameras.password: environment variable NOPE is not set"),
        (("community.txt", "gone.txt"), "cannot be read: No such file or directory"),
        (("${env:CAM}", "${credential:x}"), "needs systemd's LoadCredential"),
        (
            ('version: 2c, community: "${file:community.txt}"', "version: 3"),
            "snmp.read.user: needed for version 3",
        ),
        (('community: "${file:community.txt}"', "port: 161"), "snmp.read.community: needed for version 2c"),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_each_mistake_is_named_with_its_path(write, change, said):
    assert any(said in line for line in problems(write(GOOD.replace(*change))))


def test_all_mistakes_are_told_at_once(write):
    assert len(problems(write(GOOD.replace("timezone:", "a:").replace("every: 5m", "every: x")))) == 2


def test_a_password_written_into_the_file_is_not_repeated(write):
    said = problems(write(GOOD.replace('"${env:CAM}"', "hunter2")))
    assert "hunter2" not in " ".join(said)


def test_broken_yaml_is_located_and_not_quoted(write):
    said = problems(write("site: a\nlogins: {cameras: {user: x, password: hunter2\n"))
    assert "line" in said[0]
    assert "hunter2" not in said[0]


def test_a_missing_config_says_so(tmp_path):
    assert problems(tmp_path / "none.yaml") == ["cannot be read: No such file or directory"]


def test_the_published_schema_is_the_one_the_program_uses():
    published = Path(__file__).parents[2] / "deploy" / "site.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == schema(), (
        "run: siteward schema > deploy/site.schema.json"
    )


def test_the_sample_config_is_a_good_one(monkeypatch):
    sample = Path(__file__).parents[2] / "deploy" / "site.yaml"
    assert yaml.safe_load(sample.read_text(encoding="utf-8"))["site"] == read_config(sample).site


# ------------------------------------------------------------------------------ SNMP


def test_each_device_may_have_its_own_snmp_engine_and_none_needs_one(write):
    other = '  odd: {community: "${file:community.txt}", engine: pysnmp}\nschedule:'
    path = write(GOOD.replace("schedule:", other))
    access = fetch_access(read_config(path), path, {"CAM": "s3cret-password"})
    assert {name: one.engine for name, one in access.snmp.items()} == {"read": "auto", "odd": "pysnmp"}


def test_an_engine_nobody_has_is_refused(write):
    path = write(GOOD.replace("version: 2c,", "version: 2c, engine: net-snmp,"))
    with pytest.raises(ConfigError, match=r"snmp\.read\.engine"):
        read_config(path)


def test_weak_v3_algorithms_are_used_only_where_they_are_written_out(write):
    path = write(
        GOOD.replace("version: 2c,", 'version: "3", user: watch, auth_key: "${env:CAM}",').replace(
            'community: "${file:community.txt}"', 'priv_key: "${env:CAM}"'
        )
    )
    assert problems(path) == [
        "snmp.read.auth_key: auth_protocol and auth_key go together",
        "snmp.read.priv_key: priv_protocol and priv_key go together",
    ]


MINE = """
mib: ACME-MIB
source: the maker's manual
area: health
at: 1.3.6.1.4.1.99999
applies: {probe: [.1.0]}
scalars: [{oid: .1.0, metric: cctv_cpu_used_ratio, unit: percent}]
"""


def test_the_sites_own_knowledge_is_added_to_what_is_shipped(write, tmp_path):
    (tmp_path / "mibs").mkdir()
    (tmp_path / "mibs/acme.yaml").write_text(MINE)
    config = read_config(write(GOOD + "mib_dirs: [mibs]\n"))
    names = [mib.name for mib in knowledge_of(config).mibs]
    assert "ACME-MIB" in names
    assert "IF-MIB" in names


def test_a_wrong_word_in_the_sites_own_knowledge_is_told_at_start_with_its_place(write, tmp_path):
    (tmp_path / "mibs").mkdir()
    (tmp_path / "mibs/acme.yaml").write_text(MINE.replace("percent", "percentage"))
    with pytest.raises(ConfigError) as caught:
        read_config(write(GOOD + "mib_dirs: [mibs]\n"))
    assert "mib_dirs: acme.yaml.scalars[0].unit: 'percentage' is none of" in caught.value.problems[0]


def test_a_folder_of_knowledge_that_is_not_there_is_told(write, tmp_path):
    with pytest.raises(ConfigError) as caught:
        read_config(write(GOOD + "mib_dirs: [mibs]\n"))
    assert caught.value.problems == [f"mib_dirs: no folder {tmp_path / 'mibs'}"]
