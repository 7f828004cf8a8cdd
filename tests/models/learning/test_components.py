import numpy as np
import pytest

from models.faults import FAULTS
from models.learning.components import COMPONENTS, GENERIC, named
from models.learning.generic import counts_on, is_context, measure_for, toward_of
from models.learning.measures import NIGHT, Measure, Scale, Toward, in_hours
from models.learning.trend import outlooks_on
from models.learning.wear import Panel, wear
from models.metrics import METRICS


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=lambda one: one.key)
def test_each_component_speaks_of_metrics_and_faults_that_exist(component):
    for measure in component.measures:
        assert measure.metric in METRICS
        assert not measure.times or measure.times in METRICS
        assert measure.scale is not Scale.DECADES or 0 < measure.floor < measure.limit
    assert component.becomes
    assert set(component.becomes) <= set(FAULTS)
    assert component.horizon_days > 0


def test_no_name_means_two_components():
    names = [alias for one in COMPONENTS.values() for alias in (one.key, *one.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("IR_LEDs", "ir_light"),
        ("ups battery", "ups_battery"),
        ("Lens-Fouling", "lens"),
        ("HDD", "disk"),
        ("lens of the dome", "lens"),
        ("recorder disk 2", "disk"),
    ],
)
def test_spelling_does_not_matter(name, key):
    assert named(name).key == key


def test_what_is_not_known_is_generic():
    assert named("flux capacitor") is GENERIC
    assert named("disk temperature") is GENERIC, "two components are named"


@pytest.mark.parametrize(
    ("metric", "limit"),
    [("smart_197_raw", 100), ("Pending sectors", 100), ("SMART 5", 500), ("reallocated", 500)],
)
def test_sectors_of_a_disk_are_known_by_number_or_name(metric, limit):
    found = measure_for(named("hdd"), metric)
    assert (found.scale, found.toward, found.limit) == (Scale.DECADES, Toward.RISING, limit)
    assert measure_for(named("hdd"), "smart_9_raw").scale is Scale.AUTO


@pytest.mark.parametrize(
    ("metric", "toward"),
    [
        ("night_luma", Toward.FALLING),
        ("battery_capacity_percent", Toward.FALLING),
        ("crc_errors", Toward.RISING),
        ("temperature_c", Toward.RISING),
        ("thing", Toward.EITHER),
    ],
)
def test_a_name_tells_which_way_is_worse(metric, toward):
    assert toward_of(metric) is toward


def test_a_known_component_keeps_its_end_under_another_metric():
    assert measure_for(COMPONENTS["ups_battery"], "capacity") == Measure(
        "capacity", Toward.FALLING, Scale.RATIO, 0.8
    )


@pytest.mark.parametrize(
    ("component", "metric", "toward", "scale", "limit"),
    [
        ("ups", "upsEstimatedMinutesRemaining", Toward.FALLING, Scale.RATIO, 0.8),
        ("ups", "battery_internal_resistance_mohm", Toward.RISING, Scale.RATIO, 1.5),
        ("lens", "laplacian_variance", Toward.FALLING, Scale.RATIO, 0.6),
        ("sensor", "snr_db", Toward.FALLING, Scale.OFFSET, 6.0),
        ("clock", "ntp_offset_ms", Toward.RISING, Scale.ABSOLUTE, 5000.0),
        ("memory", "mem_used_percent", Toward.RISING, Scale.ABSOLUTE, 97.0),
        ("disk", "Percentage_Used", Toward.RISING, Scale.ABSOLUTE, 100.0),
        ("disk", "available_spare_pct", Toward.FALLING, Scale.ABSOLUTE, 10.0),
        ("disk", "smart_187_raw", Toward.RISING, Scale.DECADES, 100.0),
        ("fan", "fanSpeedRpm", Toward.FALLING, Scale.RATIO, 0.6),
        ("retention", "oldest_recording_days", Toward.FALLING, Scale.RATIO, 0.7),
        ("poe", "pethPsePortPower", Toward.RISING, Scale.RATIO, 1.3),
    ],
)
def test_metrics_under_the_fields_names_are_read_to_their_ends(component, metric, toward, scale, limit):
    found = measure_for(named(component), metric)
    assert (found.toward, found.scale, found.limit) == (toward, scale, pytest.approx(limit))


@pytest.mark.parametrize(
    ("component", "metric", "value", "limit"),
    [
        ("link", "packet_loss", 0.007, 1.0),
        ("link", "packet_loss", 2e-5, 0.01),
        ("ptz", "preset_error", 0.4, 2.0),
        ("ptz", "preset_error", 0.004, 0.02),
        ("memory", "memory_used", 42.0, 97.0),
        ("memory", "memory_used", 0.42, 0.97),
        ("ups", "battery_capacity", 96.0, 80.0),
        ("retention", "oldest_recording_days", 45.0, 30.0),
    ],
)
def test_where_a_name_tells_no_unit_the_values_do(component, metric, value, limit):
    found = measure_for(named(component), metric, np.full((3, 50), value))
    assert found.limit == pytest.approx(limit)


def test_what_falls_to_a_value_wears_from_where_it_began():
    values = np.linspace(45.0, 33.0, 120)[None]
    (seen,) = wear(Panel.of(values), measure_for(named("retention"), "oldest_recording_days", values))
    assert seen.end[0] == pytest.approx(14.0, abs=1.5)
    assert seen.level[0, -1] / seen.end[0] == pytest.approx(0.8, abs=0.1)
    assert outlooks_on(seen, np.array([119]))[0].now == pytest.approx(33.3, abs=0.3)


def test_weather_load_and_age_are_no_wear():
    assert is_context(named("fan"), "ambient_temperature")
    assert is_context(named("disk"), "smart_9_raw")
    assert is_context(named("memory"), "uptime_hours")
    assert not is_context(named("fan"), "device_temperature")
    assert not is_context(COMPONENTS["power"], "cctv_poe_power_watts")


def test_a_name_that_goes_the_other_way_keeps_its_way():
    assert measure_for(named("ir"), "night_gain_db").toward is Toward.RISING
    assert measure_for(named("lens"), "blur").toward is Toward.RISING


def test_a_counter_is_known_by_its_name_and_that_it_never_falls():
    counted = np.cumsum(np.random.default_rng(1).poisson(3, (4, 60)), axis=1).astype(float)
    assert counts_on("ifInErrors", counted)
    assert not counts_on("ifInErrors", np.diff(counted, axis=1)), "errors of a day"
    assert not counts_on("fan_wear", counted)
    assert not counts_on("ifInErrors", np.zeros((4, 60))), "nothing was counted"


def test_an_end_that_nobody_knows_is_not_next_door_because_a_series_never_moved():
    values = np.zeros((3, 90))
    values[0, 50:] = 1.0
    (seen,) = wear(Panel.of(values), measure_for(named("gizmo"), "reboot_things"))
    assert not outlooks_on(seen, np.arange(90))


def test_the_night_passes_midnight():
    assert in_hours(Measure("x", Toward.FALLING, Scale.RATIO, 0.5, hours=NIGHT)) == (23, 0, 1, 2, 3)


@pytest.mark.parametrize(
    ("metric", "limit"), [("packet_loss_ratio", 0.01), ("loss_percent", 1.0), ("crc_errors_ppm", 1e4)]
)
def test_a_share_of_lost_packets_ends_at_one_percent_in_whatever_unit(metric, limit):
    found = measure_for(named("cable"), metric)
    assert (found.scale, found.toward, found.limit) == (Scale.DECADES, Toward.RISING, pytest.approx(limit))


def test_where_the_end_is_a_guess_nothing_is_past_it_for_sure():
    rng = np.random.default_rng(3)
    values = 100 * np.exp(np.clip(np.arange(200) - 60, 0, None) / 90 + rng.normal(0, 0.02, (1, 200)))
    (seen,) = wear(Panel.of(values), measure_for(named("gizmo"), "noise_level"))
    found = outlooks_on(seen, np.arange(200))
    assert max(one.depleted for one in found) > 1
    assert min(one.days_left for one in found) >= 14
