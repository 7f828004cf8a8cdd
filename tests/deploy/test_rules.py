"""The alert rules: valid, about metrics that exist, and each seen to fire and to stay silent."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from models.metrics import AGENT_METRICS, METRICS
from tests.deploy import boards

CASES = Path(__file__).parent / "rules_test.yml"
RULES = boards.rules()
ALERTS = [rule for rule in RULES if "alert" in rule]


def promtool(*arguments, stdin=None):
    program = shutil.which("promtool")
    assert program, "promtool is not installed: apt-get install prometheus"
    return subprocess.run(
        [program, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


def succeeds(*arguments):
    done = promtool(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout + done.stderr


@pytest.mark.real
def test_prometheus_takes_the_delivered_rules():
    succeeds("check", "rules", "--lint=all", "--lint-fatal", boards.RULES)


@pytest.mark.real
def test_prometheus_takes_the_delivered_configuration():
    succeeds("check", "config", boards.PROMETHEUS)


@pytest.mark.real
def test_each_alert_fires_on_what_it_is_for_and_is_silent_otherwise():
    succeeds("test", "rules", CASES)


@pytest.mark.real
def test_a_case_that_does_not_hold_is_noticed(tmp_path):
    """The tool says nothing about a rule file it did not find a case for: make sure that it can fail."""
    text = CASES.read_text().replace("../../deploy/prometheus/rules", str(boards.RULES.parent))
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(
        text.replace(
            "eval_time: 7m, alertname: SitewardAgentSilent", "eval_time: 9m, alertname: SitewardAgentSilent"
        )
    )
    assert promtool("test", "rules", wrong).returncode != 0


def cases():
    return [case for test in yaml.safe_load(CASES.read_text())["tests"] for case in test["alert_rule_test"]]


@pytest.mark.parametrize("alert", [rule["alert"] for rule in ALERTS])
def test_an_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(alert):
    outcomes = {bool(case["exp_alerts"]) for case in cases() if case["alertname"] == alert}
    assert outcomes == {True, False}


def test_no_case_is_about_an_alert_that_does_not_exist():
    assert {case["alertname"] for case in cases()} == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("record", [rule["record"] for rule in RULES if "record" in rule])
def test_a_recorded_series_has_a_case_with_its_value(record):
    tests = yaml.safe_load(CASES.read_text())["tests"]
    assert any(case["expr"] == record for test in tests for case in test.get("promql_expr_test", ()))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_names_metrics_that_exist_by_labels_they_have(rule):
    assert boards.names(rule["expr"]) <= set(METRICS) | set(AGENT_METRICS)
    for metric, label in boards.matchers(rule["expr"]):
        assert label in boards.labels_of(metric)


def test_recorded_series_that_alerts_use_are_recorded():
    used = {token for rule in ALERTS for token in rule["expr"].split() if token.startswith("site:")}
    assert used == {rule["record"] for rule in RULES if "record" in rule}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_happened_and_what_to_do(rule):
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"].keys() == {"summary", "action"}
    if "by (site" in rule["expr"] or "cctv_" in rule["expr"]:
        assert "{{ $labels.site }}" in rule["annotations"]["summary"]
