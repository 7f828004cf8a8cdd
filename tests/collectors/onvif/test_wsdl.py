"""The shared WSDL documents, and zeep as a codec for rare calls."""

import logging
import subprocess
import sys

import pytest

from collectors.base import BadReply
from collectors.onvif.operations import READ, SERVICES
from collectors.onvif.wsdl import NoWsdl, Registry, find_folder
from tests.collectors.onvif.fake_device import TDS, services

SEARCH = "http://www.onvif.org/ver10/search/wsdl"
NOTHING = '<Summary xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="tt:Nothing">'
SCOPE = {"IncludedSources": [], "IncludedRecordings": ["rec-1"]}
SUMMARY = (
    f'<GetRecordingSummaryResponse xmlns="{SEARCH}"><Summary><tt:DataFrom>2024-01-02T03:04:05Z</tt:DataFrom>'
    "<tt:DataUntil>2024-02-02T03:04:05Z</tt:DataUntil><tt:NumberRecordings>3</tt:NumberRecordings></Summary>"
    "</GetRecordingSummaryResponse>"
)


@pytest.fixture(scope="module")
def registry():
    return Registry()


def test_the_files_of_onvif_zeep_are_found():
    assert (find_folder() / "search.wsdl").is_file()


def test_when_they_are_missing_the_message_says_what_to_install(tmp_path):
    with pytest.raises(NoWsdl, match=f"no ONVIF WSDL files in {tmp_path}: install onvif-zeep"):
        find_folder([tmp_path])


def test_a_folder_without_the_file_is_told_apart(tmp_path):
    with pytest.raises(NoWsdl, match="search"):
        Registry(tmp_path).document(SERVICES["search"])


def test_a_document_is_parsed_once(registry):
    assert registry.document(SERVICES["search"]) is registry.document(SERVICES["search"])


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if service.wsdl])
def test_the_binding_of_each_service_is_in_its_wsdl(registry, name):
    service = SERVICES[name]
    binding = registry.document(service).bindings[f"{{{service.namespace}}}{service.binding}"]
    newer = {"GetStorageConfigurations", "GetAuthFailureWarningConfiguration", "GetOSDs"}
    of_other_bindings = {"PullMessages", "SetSynchronizationPoint", "Renew", "Unsubscribe"}
    assert {op for op in READ[name] if op not in binding._operations} <= newer | of_other_bindings


def test_structured_arguments_are_written_by_the_schema(registry):
    body = registry.request(SERVICES["search"], "FindRecordings", {"Scope": SCOPE, "KeepAliveTime": "PT10S"})
    assert ">rec-1</" in body


async def test_a_rare_call_goes_through_session_and_schema(client, fake):
    fake.answers["GetServices"] = services((TDS, "http://h/d"), (SEARCH, "http://h/search"))
    fake.answers["GetRecordingSummary"] = SUMMARY
    summary = await client.onvif.structured(fake.device(), "search", "GetRecordingSummary")
    assert (summary.NumberRecordings, summary.DataFrom.year) == (3, 2024)
    assert fake.asked("GetRecordingSummary")[-1].path == "/search"
    assert fake.asked("GetRecordingSummary")[-1].token


async def test_structured_arguments_reach_the_device(client, fake):
    fake.auth = "none"
    fake.answers["FindRecordings"] = (
        f'<FindRecordingsResponse xmlns="{SEARCH}"><SearchToken>s-1</SearchToken></FindRecordingsResponse>'
    )
    token = await client.onvif.structured(
        fake.device(), "search", "FindRecordings", Scope=SCOPE, KeepAliveTime="PT10S"
    )
    assert token == "s-1"
    assert b"rec-1" in fake.asked("FindRecordings")[-1].body


async def test_an_answer_that_does_not_fit_the_schema_is_a_bad_reply(client, fake):
    fake.auth = "none"
    fake.answers["GetRecordingSummary"] = SUMMARY.replace("<Summary>", NOTHING)
    with pytest.raises(BadReply, match="does not fit the schema"):
        await client.onvif.structured(fake.device(), "search", "GetRecordingSummary")


async def test_an_odd_date_is_absent_and_logs_no_traceback(client, fake, caplog):
    fake.auth = "none"
    fake.answers["GetRecordingSummary"] = SUMMARY.replace("2024-01-02T03:04:05Z", "2024-13-02T00:61:16")
    with caplog.at_level(logging.DEBUG):
        summary = await client.onvif.structured(fake.device(), "search", "GetRecordingSummary")
    assert summary.DataFrom is None
    assert "Traceback" not in caplog.text


def test_importing_the_client_leaves_the_root_logger_and_zeep_alone():
    code = "import logging, sys, collectors.onvif.media; print(logging.root.handlers, 'zeep' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[] False"
