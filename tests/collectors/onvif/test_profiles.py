"""Which profile is main and which is sub, of which channel."""

from hypothesis import given
from hypothesis import strategies as st

from collectors.onvif.profiles import Profile, describe, read, readings, streams
from collectors.onvif.xml import parse
from models.facts import Kind
from tests.collectors.onvif.fake_device import envelope, profile


def made(token, width, height, *, source="s1", codec="H264", encoder=None, kbps=1000):
    return Profile(token, source, encoder or token, codec, width, height, 25.0, kbps * 1000.0)


def named(profiles, channels=(), kind=Kind.CAMERA):
    return {name: p.token for name, p in streams(profiles, channels, kind).items()}


def from_xml(*rows):
    return read(
        parse(envelope(f"<trt:GetProfilesResponse>{''.join(rows)}</trt:GetProfilesResponse>"))[0][0][0]
    )


def test_the_largest_is_main_and_the_next_is_sub():
    assert named([made("a", 640, 360), made("b", 1920, 1080), made("c", 320, 180)]) == {
        "main": "b",
        "sub": "a",
    }


def test_equal_sizes_keep_the_order_of_the_device():
    assert named([made("a", 640, 360), made("b", 640, 360)]) == {"main": "a", "sub": "b"}


def test_of_equal_sizes_the_higher_bitrate_is_main():
    assert named([made("a", 640, 360, kbps=500), made("b", 640, 360, kbps=900)]) == {"main": "b", "sub": "a"}


def test_single_pictures_come_after_video_however_large():
    assert named([made("jpeg", 5120, 2560, codec="JPEG"), made("h264", 1920, 960)]) == {
        "main": "h264",
        "sub": "jpeg",
    }


def test_profiles_of_one_encoder_are_one_stream():
    assert named([made("a", 1920, 1080, encoder="e"), made("b", 1920, 1080, encoder="e")]) == {"main": "a"}


def test_a_camera_with_two_lenses_has_channels():
    found = named([made("a", 9, 9), made("b", 9, 9, source="s2")])
    assert found == {"ch1/main": "a", "ch2/main": "b"}


def test_a_recorder_has_channel_numbers_even_with_one_channel():
    assert named([made("a", 9, 9)], kind=Kind.NVR) == {"ch1/main": "a"}


def test_channel_numbers_follow_the_list_of_video_sources():
    found = named([made("a", 9, 9, source="s2"), made("b", 9, 9, source="s3")], ("s1", "s2", "s3"), Kind.NVR)
    assert found == {"ch2/main": "a", "ch3/main": "b"}


def test_a_profile_without_an_encoder_is_left_out():
    assert from_xml('<trt:Profiles token="p"><tt:Name>empty</tt:Name></trt:Profiles>') == []


def test_limits_that_are_no_limits_are_absent():
    (found,) = from_xml(profile("p", 0, 0, fps=0, kbps=2147483647))
    assert (found.fps, found.bitrate, found.width) == (None, None, 0)
    assert describe(found) == "H264"


def test_the_encoding_interval_divides_the_frame_rate():
    row = profile("p", 1, 1, fps=30).replace("<tt:EncodingInterval>1<", "<tt:EncodingInterval>2<")
    assert from_xml(row)[0].fps == 15


def test_a_profile_is_told_for_its_stream():
    found = streams([made("a", 9, 9)], (), Kind.NVR)
    assert {r.part for r in readings(found) if isinstance(r.value, str)} == {"ch1/main"}


sizes = st.integers(0, 5000)


@given(
    st.lists(
        st.builds(
            made,
            st.text(min_size=1),
            sizes,
            sizes,
            source=st.sampled_from("ab"),
            codec=st.sampled_from(["JPEG", ""]),
        )
    )
)
def test_each_channel_has_at_most_two_streams_and_main_is_no_smaller(profiles):
    found = streams(profiles, (), Kind.NVR)
    for name, sub in found.items():
        if name.endswith("sub"):
            main = found[name.replace("sub", "main")]
            assert main.codec != "JPEG" or sub.codec == "JPEG"
            assert main.codec != sub.codec or main.width * main.height >= sub.width * sub.height
