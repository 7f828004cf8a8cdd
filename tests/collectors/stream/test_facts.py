"""What arrivals tell: two clocks, key frames, gaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.stream.facts import Arrival, fill_first_stamp, packet_facts
from models import metrics


def stream(count=60, fps=25.0, *, gop=12, size=1000, speed=1.0, burst=0):
    """Return a regular stream; its first `burst` frames come at once."""
    return [
        Arrival(max(0.0, (number - burst) / fps / speed), number / fps, size, number % gop == 0)
        for number in range(count)
    ]


def facts(arrivals):
    return dict(packet_facts(arrivals, arrivals))


@given(fps=st.floats(1, 60), gop=st.integers(1, 100), speed=st.floats(0.3, 2))
def test_rates_of_a_regular_stream_are_its_own(fps, gop, speed):
    told = facts(stream(count=int(4 * fps) + 2, fps=fps, gop=gop, speed=speed))
    assert told[metrics.STREAM_FPS] == pytest.approx(fps)
    assert told[metrics.STREAM_GAP] == pytest.approx(1 / fps)
    assert told[metrics.STREAM_BITRATE] == pytest.approx(8 * 1000 * fps)
    assert told.get(metrics.STREAM_GOP, gop) == gop
    assert told.get(metrics.STREAM_ARRIVAL_FPS, fps * speed) == pytest.approx(fps * speed)


@pytest.mark.parametrize("count", [25, 26, 31, 37, 49, 50])
def test_a_group_of_pictures_cut_short_does_not_lift_the_bitrate(count):
    heavy = [one._replace(size=20_000 if one.key else 500) for one in stream(count, gop=12)]
    assert facts(heavy)[metrics.STREAM_BITRATE] == pytest.approx(8 * (20_000 + 11 * 500) * 25 / 12)


def test_a_first_burst_does_not_lift_the_rate_of_arrival():
    assert facts(stream(burst=25, count=90))[metrics.STREAM_ARRIVAL_FPS] == pytest.approx(25)


def test_a_first_frame_that_was_read_late_does_not_hide_the_rate_of_arrival():
    times = [0.8] * 10 + [1.6] * 10
    assert packet_facts_rate(times, began=0.0) == pytest.approx(10 / 0.8)
    assert packet_facts_rate(times) is None, "one time alone is no rate"


def packet_facts_rate(times, began=None):
    arrivals = [Arrival(at, number / 12, 1000, number % 6 == 0) for number, at in enumerate(times)]
    return dict(packet_facts(arrivals, arrivals, began)).get(metrics.STREAM_ARRIVAL_FPS)


def test_frames_left_out_lower_the_rate_and_show_as_a_gap():
    kept = [arrival for number, arrival in enumerate(stream(count=100)) if not 40 <= number < 60]
    assert facts(kept)[metrics.STREAM_GAP] == pytest.approx(21 / 25)
    assert facts(kept)[metrics.STREAM_FPS] < 21


def test_frames_in_decoding_order_are_no_gaps():
    arrivals = stream(count=60)
    swapped = [arrivals[number ^ 1] for number in range(60)]
    assert facts(swapped)[metrics.STREAM_GAP] == pytest.approx(1 / 25)
    assert facts(swapped)[metrics.STREAM_FPS] == pytest.approx(25)


@given(
    st.lists(
        st.builds(
            Arrival, st.just(0.0), st.none() | st.floats(-1e6, 1e6), st.integers(1, 9999), st.booleans()
        )
    )
)
def test_whatever_comes_nothing_is_invented(arrivals):
    told = facts(sorted(arrivals, key=lambda arrival: arrival.at))
    assert all(value >= 0 for value in told.values())
    if len(arrivals) < 2:
        assert set(told) <= {metrics.STREAM_KEY_BYTES}


def test_no_timestamps_means_no_rate_by_timestamps_but_one_by_arrival():
    told = facts([Arrival(number / 10, None, 500, key=False) for number in range(30)])
    assert metrics.STREAM_FPS not in told
    assert told[metrics.STREAM_ARRIVAL_FPS] == pytest.approx(10)


def test_a_single_key_frame_gives_no_distance_between_key_frames():
    assert metrics.STREAM_GOP not in facts(stream(count=60, gop=100))


def test_a_first_frame_without_stamp_gets_one_a_step_before_the_second():
    arrivals = stream(count=10)
    bare = [Arrival(0.0, None, 1000, key=True), *arrivals[1:]]
    assert fill_first_stamp(bare)[0].stamp == pytest.approx(0.0)
    assert fill_first_stamp(bare)[1:] == arrivals[1:]


def test_a_stamp_is_not_made_up_from_nothing():
    bare = [Arrival(0.0, None, 1000, key=True)] * 5
    assert fill_first_stamp(bare) == bare
    assert fill_first_stamp([]) == []
