"""The fault and message catalogues: complete, consistent, in both languages."""

import re
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

import models.rules
from models.facts import Criticality, Kind
from models.faults import FAULTS, UNSEEN, Hold, Severity, advice_for, severity_of
from models.messages import MESSAGES
from models.words import LANGUAGES, Words
from tests.models.builders import CAMERA, NVR, SWITCH

HAN = re.compile(r"[\u4e00-\u9fff]")
NO_HAN_NEEDED = {"ONVIF", "SNMP"}
RULE_FILES = sorted(Path(models.rules.__file__).parent.glob("*.py"))


def advices(fault):
    return (fault.advice, *fault.advices.values())


def words_of(fault):
    yield fault.name
    for advice in advices(fault):
        yield from (*advice.causes, *advice.steps, *advice.parts)
        if advice.retest.by_hand:
            yield advice.retest.by_hand


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda f: f.code)
def test_every_fault_says_everything_in_both_languages(fault):
    for words in words_of(fault):
        assert words.en
        assert not HAN.search(words.en)
        assert HAN.search(words.zh), words


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda f: f.code)
def test_every_fault_has_causes_and_a_retest_that_includes_itself(fault):
    """The whole site's re-test is that of its devices."""
    for advice in advices(fault):
        assert advice.causes
        assert set(advice.retest.absent) <= set(FAULTS)
        assert fault.code in {*advice.retest.absent, "SITE_DARK", *UNSEEN}


def fields(text: str) -> list[tuple[str, str]]:
    return sorted({(name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name is not None})


@pytest.mark.parametrize("key", MESSAGES)
def test_both_languages_tell_the_same_facts(key):
    assert fields(MESSAGES[key].en) == fields(MESSAGES[key].zh)


@pytest.mark.parametrize("key", MESSAGES)
def test_the_chinese_text_is_chinese(key):
    """Layout and bare names aside."""
    layout = re.sub(r"\{[^}]*\}", "", MESSAGES[key].zh)
    assert HAN.search(layout) or not re.search(r"[a-z]{4,}", layout)


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda p: p.stem)
def test_every_message_a_rule_names_exists(path):
    prefixes = "|".join(sorted({key.split(".")[0] for key in MESSAGES}))
    named = re.findall(rf'"((?:{prefixes})\.[a-z_]+)"', path.read_text(encoding="utf-8"))
    assert {key for key in named if key not in MESSAGES and key + "_since" not in MESSAGES} == set()


def test_every_fault_a_rule_names_exists():
    named = {
        code for p in RULE_FILES for code in re.findall(r'"([A-Z]+_[A-Z_]+)"', p.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= set(FAULTS)


def test_a_recorder_weighs_more_than_a_camera():
    lost = FAULTS["REACH_LOST"]
    assert (severity_of(lost, NVR), severity_of(lost, CAMERA)) == (Severity.S1, Severity.S3)


def test_a_critical_camera_is_major_and_what_is_latent_stays_latent():
    key = replace(CAMERA, criticality=Criticality.CRITICAL)
    assert severity_of(FAULTS["IMG_BLUR"], key) is Severity.S2
    assert severity_of(FAULTS["SNMP_SILENT"], key) is Severity.S4
    assert severity_of(FAULTS["REACH_LOST"], replace(key, kind=Kind.NVR)) is Severity.S1


def test_a_lost_switch_is_not_repaired_with_a_spare_camera():
    advice = advice_for(FAULTS["REACH_LOST"], SWITCH)
    assert "camera" not in " ".join(words.en for words in advice.parts)
    assert "STREAM_LOST" not in advice.retest.absent
    assert advice_for(FAULTS["REACH_LOST"], None) == advice_for(FAULTS["REACH_LOST"], CAMERA)


def test_a_site_as_a_whole_has_the_severity_of_the_catalogue():
    assert severity_of(FAULTS["SITE_DARK"], None) is Severity.S1


def test_a_hurried_hold_still_wants_two_looks_where_there_were_two():
    assert Hold(3, 120, 2, 60).scaled(0.1) == Hold(2, 12.0, 2, 6.0, 720.0)
    assert Hold(1, 0, 1, 0).scaled(0.1) == Hold(1, 0, 1, 0, 720.0)
    assert Hold(3, 120, 2, 60).scaled(2) == Hold(3, 240, 2, 120, 14400.0)


def test_a_hold_without_looks_is_refused():
    with pytest.raises(ValueError, match="counts of 1 or more"):
        Hold(0, 1, 1, 1)


def test_a_phrase_is_there_in_every_language():
    assert [Words("disk", "硬盘").of(lang) for lang in LANGUAGES] == ["disk", "硬盘"]
