"""What an answer means: status and subcode first, text last; and what can be read of broken XML."""

import pytest

from collectors.base import BadReply, Busy, NotSupported
from collectors.onvif import soap, xml
from collectors.onvif.operations import SERVICES
from collectors.onvif.soap import Verdict
from tests.collectors.onvif.fake_device import envelope, fault, information

OP = "GetDeviceInformation"


@pytest.mark.parametrize(
    ("status", "reply", "verdict"),
    [
        (500, fault("ActionNotSupported", code="Receiver"), Verdict.NOT_SUPPORTED),
        (400, fault("ActionNotSupported"), Verdict.NOT_SUPPORTED),
        (500, fault("ActionNotSupported", "AudioNotSupported", text="No audio"), Verdict.NOT_SUPPORTED),
        (
            400,
            fault(text="Method 'tds:GetX' not implemented: method name or namespace"),
            Verdict.NOT_SUPPORTED,
        ),
        (500, fault("Action", text="Action Failed", code="Receiver"), Verdict.NOT_SUPPORTED),
        (400, fault(), Verdict.NOT_SUPPORTED),
        (400, b"", Verdict.NOT_SUPPORTED),
        (404, b"<html>404</html>", Verdict.NOT_SUPPORTED),
        (401, b"", Verdict.REFUSED),
        (401, b"<html>Unauthorized</html>", Verdict.REFUSED),
        (400, fault("NotAuthorized"), Verdict.REFUSED),
        (500, fault("NotAuthorized", text="no"), Verdict.REFUSED),
        (200, fault(text="Sender not Authorized"), Verdict.REFUSED),
        (400, fault("FailedAuthentication"), Verdict.REFUSED),
        (500, fault(text="The account is locked, try later"), Verdict.REFUSED),
        (401, fault(text="whatever"), Verdict.REFUSED),
        (503, b"", Verdict.BUSY),
        (429, b"slow down", Verdict.BUSY),
        (500, fault("Action", "MaxPullPoints"), Verdict.BUSY),
        (500, fault("OutofMemory"), Verdict.BUSY),
        (500, fault("InvalidArgVal", "NoProfile", text="no such profile"), Verdict.FAILED),
        (500, b"<html>oops</html>", Verdict.FAILED),
        (200, b"<html>please log in</html>", Verdict.FAILED),
        (200, envelope("<tds:SomethingElseResponse/>"), Verdict.FAILED),
        (302, b"", Verdict.FAILED),
        (200, envelope(information()), Verdict.DONE),
    ],
)
def test_an_answer_means(status, reply, verdict):
    assert soap.judge(OP, status, reply).verdict is verdict


def test_a_soap_1_1_fault_is_understood():
    reply = (
        b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>'
        b"<faultcode>ter:NotAuthorized</faultcode><faultstring>no</faultstring></e:Fault></e:Body></e:Envelope>"
    )
    assert soap.judge(OP, 500, reply).verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("text", "left"),
    [("You still have 3 attempt(s)", 3), ("2 attempts left", 2), ("1 more attempt", 1), ("try again", None)],
)
def test_attempts_left_are_read_from_a_refusal(text, left):
    assert soap.judge(OP, 400, fault("NotAuthorized", text=text)).attempts_left == left


@pytest.mark.parametrize(
    ("verdict", "error"),
    [(Verdict.BUSY, Busy), (Verdict.NOT_SUPPORTED, NotSupported), (Verdict.FAILED, BadReply)],
)
def test_a_verdict_becomes_an_error_of_the_tree(verdict, error):
    assert type(soap.Answer(verdict, said="x").error(OP)) is error


def test_a_fault_says_its_codes_and_words_on_one_line():
    said = soap.judge(OP, 500, fault("InvalidArgVal", "NoProfile", text="no such\n profile\x7f")).said
    assert said == 'fault Sender/InvalidArgVal/NoProfile, HTTP status 500: "no such profile"'


# ---------------------------------------------------------------- broken XML


def model(reply):
    answer = soap.judge(OP, 200, reply)
    return xml.text(answer.body, "Model") if answer.body is not None else answer.said, answer.repaired


GOOD = envelope(information())


def test_a_clean_reply_is_not_called_repaired():
    assert model(GOOD) == ("SV-9", False)


@pytest.mark.parametrize(
    "broken",
    [
        GOOD.replace(b"<tds:HardwareId>", b"<odd:HardwareId>").replace(
            b"</tds:HardwareId>", b"</odd:HardwareId>"
        ),
        GOOD.replace(b"rev-b", b"\xff\xfe\xc3"),
        GOOD.replace(b"rev-b", b"\x01\x02"),
        GOOD.replace(b"rev-b", b"a & b"),
        GOOD.replace(b"</tds:HardwareId>", b""),
        b"\r\n" + GOOD,
        GOOD + b"\0\0",
    ],
    ids=[
        "undeclared prefix",
        "bad UTF-8",
        "control characters",
        "bare &",
        "unclosed",
        "blank line first",
        "nulls after",
    ],
)
def test_a_broken_reply_is_read_and_counted(broken):
    assert model(broken) == ("SV-9", True)


@pytest.mark.parametrize("encoding", ["UTF-16", "GB2312", "ISO-8859-1"])
def test_a_declared_encoding_is_used(encoding):
    assert model(GOOD.decode().replace("UTF-8", encoding).encode(encoding)) == ("SV-9", False)


@pytest.mark.parametrize("keep", [40, 300, len(GOOD) - 30, len(GOOD) - 5])
def test_half_a_reply_is_never_taken_for_a_whole_one(keep):
    assert soap.judge(OP, 200, GOOD[:keep]).verdict is Verdict.FAILED


def test_an_entity_is_not_expanded():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + GOOD.split(b"?>", 1)[1]
    assert "aaaa" not in model(bomb.replace(b"SV-9", b"&b;"))[0]


def test_an_outside_entity_is_not_fetched(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("top secret")
    evil = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{secret}">]>'.encode() + GOOD.split(b"?>", 1)[1]
    assert "secret" not in model(evil.replace(b"SV-9", b"&a;"))[0]


def test_ten_million_nested_elements_are_refused_quickly():
    assert soap.judge(OP, 200, b"<a>" * 500_000).verdict is Verdict.FAILED


# ---------------------------------------------------------------- requests


def test_plain_arguments_are_escaped():
    body = soap.request(SERVICES["media"], "GetSnapshotUri", {"ProfileToken": "a<b&c"})
    assert (
        body
        == '<GetSnapshotUri xmlns="http://www.onvif.org/ver10/media/wsdl"><ProfileToken>a&lt;b&amp;c</ProfileToken></GetSnapshotUri>'
    )


def test_truth_is_written_as_xml_writes_it():
    assert "<IncludeCapability>true<" in soap.request(
        SERVICES["media"], "GetProfiles", {"IncludeCapability": True}
    )
