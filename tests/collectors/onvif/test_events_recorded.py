"""Event sequences of real devices are read, or are an error of the tree; so are broken copies of them."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.base import BadReply, CollectError
from collectors.onvif import soap
from collectors.onvif.events import messages, notices
from collectors.onvif.events.states import States
from collectors.onvif.soap import Verdict
from tests.collectors.onvif.fake_device import envelope

DATA = Path(__file__).parents[4] / "shared" / "data" / "onvif" / "events"


def recorded():
    for meta in sorted(DATA.glob("*/meta.json")) if DATA.is_dir() else ():
        lines = meta.parent / "exchanges.jsonl"
        if lines.exists():
            for line in lines.read_text().splitlines():
                one = json.loads(line)
                yield meta.parent.name, one["operation"], one["http_status"], one["response"].encode()
        else:
            for one in json.loads(meta.read_text())["exchanges"]:
                yield (
                    meta.parent.name,
                    one["operation"],
                    one["http_status"],
                    (meta.parent / one["response"]).read_bytes(),
                )


EXCHANGES = list(recorded())
needs_data = pytest.mark.skipif(
    not EXCHANGES, reason="the recordings of shared/data/onvif/events are not here"
)


def use(operation, body):
    """Do with an answer what the collector does."""
    if operation == "PullMessages":
        pulled = notices.read(body)
        states = States(lambda: 0.0)
        states.take(pulled.notices, lambda notice: f"{notice.meaning.event}:{notice.source}")
        return pulled, list(states.readings())
    if operation == "CreatePullPointSubscription":
        return messages.subscription(body, "127.0.0.1", 80), messages.granted(body)
    return messages.granted(body), []


@needs_data
def test_every_recorded_exchange_is_read_or_named():
    pulls = messages_seen = 0
    for folder, operation, status, reply in EXCHANGES:
        answer = soap.judge(operation, status, reply)
        if answer.body is None:
            assert isinstance(answer.error(operation), CollectError) or answer.verdict is Verdict.REFUSED, (
                folder
            )
            continue
        found = use(operation, answer.body)
        if operation == "PullMessages":
            pulls += 1
            messages_seen += found[0].messages
            assert found[0].unreadable == 0, folder
    assert pulls > 600
    assert messages_seen > 40


@needs_data
def test_a_recorded_restart_that_is_no_iso_date_is_kept_as_it_is():
    found = [
        notice
        for _, operation, status, reply in EXCHANGES
        if operation == "PullMessages" and (body := soap.judge(operation, status, reply).body) is not None
        for notice in notices.read(body).notices
        if notice.meaning.event == "reboot"
    ]
    assert {notice.text for notice in found} == {"10-05-2025T22:41:27Z"}


@needs_data
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_truncated_and_garbled_copies_are_read_or_named(data):
    _, operation, status, reply = data.draw(st.sampled_from(EXCHANGES[:60]))
    at = data.draw(st.integers(0, len(reply)))
    until = data.draw(st.integers(at, min(len(reply), at + 30)))
    broken = reply[:at] + data.draw(st.binary(max_size=8)) + reply[until:]
    broken = broken[: data.draw(st.integers(0, len(broken)))] if data.draw(st.booleans()) else broken
    answer = soap.judge(operation, status, broken)
    if answer.body is not None:
        try:
            use(operation, answer.body)
        except BadReply:
            return


def message(topic, source="", data="", how="Changed"):
    return (
        f"<NotificationMessage><Topic>{topic}</Topic><Message><tt:Message PropertyOperation='{how}'>"
        f"<tt:Source>{source}</tt:Source><tt:Data>{data}</tt:Data></tt:Message></Message></NotificationMessage>"
    )


def item(name, value):
    return f"<tt:SimpleItem Name='{name}' Value='{value}'/>"


def read(*rows):
    body = f"<PullMessagesResponse>{''.join(rows)}</PullMessagesResponse>"
    return notices.read(soap.judge("PullMessages", 200, envelope(body)).body)


@pytest.mark.parametrize(
    ("topic", "data", "event", "trouble"),
    [
        ("tns1:Device/HardwareFailure/StorageFailure", item("Failed", "true"), "storage", True),
        ("tns1:Device/tnsaxis:HardwareFailure/StorageFailure", item("disruption", "0"), "storage", False),
        ("tnsaxis:Storage/Alert", item("wear", "1") + item("alert", "TRUE"), "storage", True),
        ("tns1:VideoSource/SignalLoss/AnalyticsService", item("State", "1"), "signal_loss", True),
        ("tns1:RecordingHistory/Recording/State", item("IsRecording", "false"), "recording", True),
        ("tns1:RecordingConfig/JobState", item("State", "Error"), "recording_job", True),
        ("tns1:RecordingConfig/JobState", item("State", "Active"), "recording_job", False),
        ("tns1:RecordingConfig/JobState", item("State", "Idle"), "recording_job", None),
        (
            "tns1:Device/HardwareFailure/TemperatureCritical",
            item("Critical", "inactive"),
            "temperature",
            False,
        ),
    ],
)
def test_topics_are_matched_by_their_bare_path_and_any_boolean_counts(topic, data, event, trouble):
    (notice,) = read(message(topic, data=data)).notices
    assert (notice.meaning.event, notice.trouble) == (event, trouble)


@pytest.mark.parametrize(
    "topic",
    [
        "tns1:RuleEngine/CellMotionDetector/Motion",
        "tns1:VideoSource/MotionAlarm",
        "tns1:Monitoring/ProcessorUsage",
    ],
)
def test_what_is_no_trouble_is_counted_and_left_alone(topic):
    pulled = read(message(topic, data=item("State", "true")))
    assert (pulled.notices, pulled.messages, pulled.unreadable) == ((), 1, 0)


@settings(max_examples=150)
@given(topic=st.text(max_size=60), name=st.text(max_size=20), value=st.text(max_size=20))
def test_any_topic_and_item_are_read(topic, name, value):
    from xml.sax.saxutils import escape, quoteattr

    def clean(text):
        return "".join(char for char in text if char.isprintable())

    pair = f"<tt:SimpleItem Name={quoteattr(clean(name))} Value={quoteattr(clean(value))}/>"
    pulled = read(message(escape(clean(topic)), pair, pair))
    assert pulled.messages == 1


@pytest.mark.parametrize(
    "text",
    ["2024-05-01T00:61:16Z", "2024-13-01T00:00:00Z", "10-05-2025T22:41:27Z", "", "nonsense", "9" * 500],
)
def test_impossible_times_never_raise(text):
    messages.moment(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [("2024-05-01T02:00:00+02:00", "2024-05-01T00:00:00Z"), ("2024-05-01 00:00:00", "2024-05-01T00:00:00Z"),
     ("2024-04-30T17:00:00-07", "2024-05-01T00:00:00Z")],
)  # fmt: skip
def test_times_are_read_as_firmwares_write_them(text, same):
    assert messages.moment(text) == messages.moment(same)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_garbled_pull_of_our_own_is_read_or_named(data):
    rows = (
        message("tns1:Device/HardwareFailure/FanFailure", item("Token", "f1"), item("Failed", "true")),
        message("tns1:VideoSource/SignalLoss", item("Source", "s1"), item("State", "0"), "Initialized"),
    )
    reply = envelope(f"<PullMessagesResponse>{''.join(rows)}</PullMessagesResponse>")
    at = data.draw(st.integers(0, len(reply)))
    broken = reply[:at] + data.draw(st.binary(max_size=8)) + reply[data.draw(st.integers(at, len(reply))) :]
    answer = soap.judge("PullMessages", 200, broken)
    if answer.body is not None:
        use("PullMessages", answer.body)
    else:
        assert isinstance(answer.error("PullMessages"), CollectError)
