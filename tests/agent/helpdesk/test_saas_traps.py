"""The traps of each product, one by one: what its documentation says and what people were caught by."""

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from agent.helpdesk.base import Attachment, Draft, HelpdeskDenied, HelpdeskRefused
from agent.helpdesk.choice import HelpdeskConfig, build, secret_references
from agent.helpdesk.http import Http
from agent.helpdesk.jira_text import adf, jql_string, label_of, plain, reference_in
from agent.helpdesk.settings_saas import (
    FreshdeskConfig,
    GlpiConfig,
    JiraConfig,
    JsmConfig,
    RedmineConfig,
    ServiceNowConfig,
    WebhookConfig,
    ZammadConfig,
)
from agent.helpdesk.template import WORDS
from agent.helpdesk.webhook import Webhook
from models.facts import Secret
from tests.agent.helpdesk.fakes import jira as jira_fakes
from tests.agent.helpdesk.fakes import zammad as zammad_fakes
from tests.agent.helpdesk.fakes.freshdesk import FakeFreshdesk
from tests.agent.helpdesk.fakes.glpi import FakeGlpi
from tests.agent.helpdesk.fakes.jira import FakeJira, FakeJiraServer, FakeJsm
from tests.agent.helpdesk.fakes.redmine import FakeRedmine
from tests.agent.helpdesk.fakes.servicenow import FakeServiceNow
from tests.agent.helpdesk.fakes.webhook import FakeReceiver
from tests.agent.helpdesk.fakes.zammad import FakeZammad

REFERENCE = "site/cam-1/-/REACH_LOST#1"
PICTURE = Attachment("before.jpg", "image/jpeg", b"jpeg")


class Clock:
    now = 1_700_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def serve():
    webs = []

    def start(fake):
        webs.append(fake(Clock()).start())
        return webs[-1]

    yield start
    for web in webs:
        web.stop()
        assert web.errors == []


def draft(**change):
    made = {
        "reference": REFERENCE,
        "key": REFERENCE[:-2],
        "subject": "lost",
        "body": "text",
        "severity": "S1",
    }
    return Draft(**{**made, **change})


def failing(desk):
    return [check for check in desk.preflight() if not check.ok]


# ---------------------------------------------------------------- Zammad


def test_zammad_without_elasticsearch_finds_no_field_by_a_query_but_by_a_condition(serve):
    web = serve(FakeZammad)
    desk = web.desk()
    desk.create(draft())
    token = Secret(f"Token token={zammad_fakes.TOKEN}")
    query = {"query": f'siteward_ref:"{REFERENCE}"', "limit": 5}
    http = Http(web.url, headers={"Authorization": token})
    assert http.send("POST", "/api/v1/tickets/search", query={"expand": "true"}, json_body=query).json() == []
    assert desk.find(REFERENCE).id == "1"


def test_zammad_that_ignores_a_condition_finds_no_other_ticket(serve):
    web = serve(FakeZammad)
    web.ignores_conditions = True
    desk = web.desk()
    desk.create(draft(reference="site/cam-2/-/REACH_LOST#1"))
    assert desk.find(REFERENCE) is None


def test_zammad_preflight_misses_an_attribute_that_a_create_would_drop_silently(serve):
    web = serve(FakeZammad)
    (check,) = failing(web.desk(reference_field="no_such_field"))
    assert "no_such_field" in check.todo


def test_zammad_with_its_own_names_of_states(serve):
    web = serve(FakeZammad)
    desk = web.desk(closed_states=("fixed", "closed"), open_state="again")
    made = desk.create(draft())
    desk.resolve(made, "gone", once="a")
    assert web.cards[made].state == "fixed"
    desk.reopen(made, "back", once="b")
    assert web.cards[made].state == "again"


# ---------------------------------------------------------------- GLPI


def test_glpi_opens_a_session_once_and_anew_when_it_expired(serve):
    web = serve(FakeGlpi)
    desk = web.desk()
    made = desk.create(draft())
    assert web.sessions == 1
    web.expire()
    desk.comment(made, "one", once="a")
    assert (web.sessions, len(web.cards[made].texts)) == (2, 1)
    desk.close()
    assert web.session is None


def test_glpi_that_ends_each_session_at_once_is_not_asked_for_ever(serve):
    web = serve(FakeGlpi)
    desk = web.desk()
    original = web.init

    def expire_at_once(call):
        answer = original(call)
        web.expire()
        return answer

    web._routes = [
        (m, p, expire_at_once if p.pattern.endswith("initSession") else f) for m, p, f in web._routes
    ]
    with pytest.raises(HelpdeskDenied):
        desk.create(draft())
    assert web.sessions == 2


def test_glpi_with_a_wrong_app_token_buries_no_ticket(serve):
    web = serve(FakeGlpi)
    desk = web.desk()
    desk._http.set_header("App-Token", Secret("wrong-app-seed"))
    with pytest.raises(HelpdeskDenied, match="ERROR_WRONG_APP_TOKEN") as caught:
        desk.create(draft())
    assert "wrong-app-seed" not in str(caught.value)


def test_glpi_that_says_no_with_a_207_is_a_refusal(serve):
    web = serve(FakeGlpi)
    desk = web.desk()
    with pytest.raises(HelpdeskRefused, match="Mandatory fields"):
        desk.create(draft(subject=""))
    web.uploads_broken = True
    made = desk.create(draft())
    with pytest.raises(HelpdeskRefused, match="Upload failed"):
        desk.attach(made, PICTURE, once="a")


@pytest.mark.parametrize("kept", ["externalid", "title"])
def test_glpi_that_encodes_what_it_keeps_finds_references_with_such_letters(serve, kept):
    desk = serve(FakeGlpi).desk(reference_in=kept)
    made = desk.create(draft(reference="a<b>&c [x]/-/F#1"))
    assert desk.find("a<b>&c [x]/-/F#1").id == made


def test_glpi_takes_the_text_of_a_resolve_as_its_solution_once(serve):
    web = serve(FakeGlpi)
    desk = web.desk()
    made = desk.create(draft())
    desk.resolve(made, "gone", once="a")
    assert [text.split("\n")[0] for text in web.solutions[made]] == ["gone"]
    assert len(web.cards[made].texts) == 1


# ---------------------------------------------------------------- Jira


def test_jira_cloud_no_longer_has_the_old_search(serve):
    web = serve(FakeJira)
    desk = web.desk()
    desk.find(REFERENCE)
    assert ("POST", "/rest/api/3/search/jql") in web.calls
    with pytest.raises(HelpdeskRefused, match="410"):
        desk._http.send("POST", "/rest/api/3/search", json_body={"jql": ""})


@pytest.mark.parametrize("fake", [FakeJira, FakeJiraServer, FakeJsm])
def test_jira_walks_to_a_state_by_the_name_of_the_transition_whatever_its_number(serve, fake, monkeypatch):
    web = serve(fake)
    desk = web.desk()
    made = desk.create(draft())
    web.cards[made].state = "3"  # in progress: the same name has another number
    desk.resolve(made, "gone", once="a")
    assert web.cards[made].state == "10001"
    monkeypatch.setitem(jira_fakes.TRANSITIONS, "10001", {"77": ("重新打开", "10000")})
    desk.reopen(made, "back", once="b")  # found by its target's name
    assert web.cards[made].state == "10000"


def test_jira_without_the_transition_says_which_there_are(serve):
    web = serve(FakeJira)
    desk = web.desk(resolve_by=("Fertig",))
    made = desk.create(draft())
    with pytest.raises(HelpdeskRefused, match=r"Start, Resolve Issue\) none is Fertig"):
        desk.resolve(made, "gone", once="a")


def test_jira_whose_screen_asks_for_a_resolution_gets_it(serve):
    web = serve(FakeJira)
    web.needs_resolution = True
    made = web.desk().create(draft())
    with pytest.raises(HelpdeskRefused, match="Resolution is required"):
        web.desk().resolve(made, "gone", once="a")
    web.desk(resolution="Fixed").resolve(made, "gone", once="a")
    assert web.cards[made].severity == "Fixed"
    assert len(web.cards[made].texts) == 1


def test_jira_compares_again_what_a_text_field_found_by_words(serve):
    web = serve(FakeJiraServer)
    desk = web.desk(reference_field="customfield_10050")
    desk.create(draft(reference="site/cam-2/-/REACH_LOST#1"))
    made = desk.create(draft())
    assert desk.find(REFERENCE).id == made
    assert desk.find("site/cam-3/-/REACH_LOST#1") is None
    assert failing(desk) == []


def test_jira_preflight_tells_of_a_field_that_is_not_on_the_screen(serve):
    (check,) = failing(serve(FakeJira).desk(reference_field="customfield_99999"))
    assert "customfield_99999" in check.said
    (check,) = failing(serve(FakeJira).desk(issue_type="Störung"))
    assert "Störung" in check.said
    (check,) = failing(serve(FakeJsm).desk(reference_field="customfield_99999"))
    assert "customfield_99999" in check.said


def test_jira_resolution_tells_of_a_persons_decision(serve):
    web = serve(FakeJira)
    desk = web.desk()
    made = desk.create(draft())
    web.decide(made, rejected=True)
    assert desk.get(made).state == "Won't Do"


def test_jira_status_that_says_cancelled_is_a_decision_whatever_the_resolution(serve, monkeypatch):
    web = serve(FakeJsm)
    desk = web.desk()
    made = desk.create(draft())
    monkeypatch.setitem(jira_fakes.STATES, "10001", ("Canceled", "done"))
    web.decide(made)
    desk.reopen(made, "back", once="a")
    assert desk.get(made).state == "Canceled"
    assert len(web.cards[made].texts) == 1


def test_adf_has_no_empty_text_and_holds_every_letter():
    document = adf("a\n\n\n\nb\n\nc  \n\n")
    texts = [node["text"] for p in document["content"] for node in p["content"] if node["type"] == "text"]
    assert texts == ["a", "b", "c  "]
    assert adf("")["content"] == [{"type": "paragraph", "content": []}]
    assert plain(adf("a\nb")) == "a\nb\n"


def test_labels_hold_any_reference_without_spaces():
    for reference in ("a b/c#1", "门/é%20#2", "plain#3"):
        assert " " not in label_of(reference)
        assert reference_in(["other", label_of(reference)]) == reference
    assert len(label_of("x" * 500)) == 255
    assert jql_string('a"b\\') == '"a\\"b\\\\"'


# ---------------------------------------------------------------- ServiceNow


def test_servicenow_that_ignores_a_term_finds_no_other_incident(serve):
    web = serve(FakeServiceNow)
    desk = web.desk()
    desk.create(draft())
    web.readable = False  # the term is ignored now: everything matches
    assert desk.find("site/cam-9/-/REACH_LOST#1") is None
    (check,) = failing(desk)
    assert "correlation_id" in check.said


def test_servicenow_resolves_with_a_code_and_notes_and_refuses_without(serve):
    web = serve(FakeServiceNow)
    desk = web.desk()
    made = desk.create(draft())
    with pytest.raises(HelpdeskRefused, match="Resolution notes"):
        desk._patch(made, {"state": "6", "close_code": "Duplicate"})
    desk.resolve(made, "gone", once="a")
    assert desk.get(made).state == "resolved"
    assert made.startswith("INC00")


def test_servicenow_preflight_tells_of_a_close_code_that_the_instance_has_not(serve):
    (check,) = failing(serve(FakeServiceNow).desk(close_code="Solved (Permanently)"))
    assert "Solution provided" in check.said


def test_servicenow_takes_no_word_on_what_is_closed_and_says_so(serve):
    web = serve(FakeServiceNow)
    desk = web.desk()
    made = desk.create(draft())
    web.decide(made)
    desk.resolve(made, "gone", once="a")
    with pytest.raises(HelpdeskRefused, match="no comment"):
        desk.reopen(made, "back", once="b")


def test_servicenow_subjects_are_said_to_be_cut_before_it_cuts_them_silently(serve):
    web = serve(FakeServiceNow)
    web.desk().create(draft(subject="s" * 200))
    (card,) = web.cards.values()
    assert card.subject == "s" * 159 + "…"


def test_servicenow_references_with_carets_do_not_break_the_query(serve):
    web = serve(FakeServiceNow)
    desk = web.desk()
    made = desk.create(draft(reference="a^ORcorrelation_id=b#1"))
    assert desk.find("a^ORcorrelation_id=b#1").id == made


# ---------------------------------------------------------------- Freshdesk


def test_freshdesk_preflight_tells_of_a_field_that_resolving_asks_for(serve):
    web = serve(FakeFreshdesk)
    web.for_closure = True
    (check,) = failing(web.desk())
    assert "cf_cause" in check.said
    made = web.desk().create(draft())
    with pytest.raises(HelpdeskRefused, match="cf_cause"):
        web.desk().resolve(made, "gone", once="a")
    (check,) = failing(web.desk(reference_field="cf_other"))
    assert "cf_other" in check.said


def test_freshdesk_reads_all_pages_of_a_long_conversation(serve):
    web = serve(FakeFreshdesk)
    desk = web.desk()
    made = desk.create(draft())
    desk.comment(made, "first", once="a")
    web.cards[made].texts = [*["x"] * 150, *web.cards[made].texts]
    desk.comment(made, "first", once="a")
    assert len(web.cards[made].texts) == 151


# ---------------------------------------------------------------- Redmine


def test_redmine_that_ignores_a_filter_finds_no_other_issue(serve):
    web = serve(FakeRedmine)
    web.is_filter = False
    desk = web.desk()
    desk.create(draft(reference="site/cam-2/-/REACH_LOST#1"))
    assert desk.find(REFERENCE) is None


def test_redmine_that_ignores_a_step_of_the_workflow_is_a_refusal_and_not_a_success(serve):
    web = serve(FakeRedmine)
    web.may_close = False
    desk = web.desk()
    made = desk.create(draft())
    with pytest.raises(HelpdeskRefused, match="stays New"):
        desk.resolve(made, "gone", once="a")


def test_redmine_finds_closed_issues_too(serve):
    desk = serve(FakeRedmine).desk()
    made = desk.create(draft())
    desk.resolve(made, "gone", once="a")
    assert not desk.find(REFERENCE).is_open


def test_redmine_preflight_tells_of_states_that_are_not_what_they_should_be(serve):
    web = serve(FakeRedmine)
    assert "Erledigt" in failing(web.desk(closed_status="Erledigt"))[0].said
    assert "closed status" in failing(web.desk(closed_status="New"))[0].said


# ---------------------------------------------------------------- webhook


def test_a_template_is_filled_once_and_never_read_again(serve):
    web = serve(FakeReceiver)
    web.act = lambda told: told["n"]["who"]
    template = {"a": ["{{ subject }} / {{device}}{{ticket}}", 1, None, True], "n": {"who": "{{reference}}"}}
    desk = web.desk(template=template, ticket_at=("ticket", "id"))
    subject = 'x","a":"{{secret}} {{body}} \\u0022'
    made = desk.create(draft(subject=subject, fields={"device": "cam-1", "__class__": "no"}))
    assert made == REFERENCE
    assert web.bodies == [{"a": [f"{subject} / cam-1", 1, None, True], "n": {"who": REFERENCE}}]


@pytest.mark.parametrize("text", ["{{secret}}", "{{subject}} {{__class__}}", "{{ config }}"])
def test_a_template_with_a_word_that_there_is_not_is_refused_at_once(text):
    with pytest.raises(ValidationError, match="is no word"):
        WebhookConfig(url="https://example.org/x", secret="${env:T}", template={"a": [{"b": text}]})
    assert "secret" not in WORDS


def test_each_try_of_one_deed_has_the_same_id_and_other_deeds_have_others(serve):
    web = serve(FakeReceiver)
    desk = web.desk()
    for _ in range(2):
        made = desk.create(draft())
        desk.comment(made, "one", once="a")
    desk.resolve(made, "one", once="a")
    assert (len(web.bodies), len(web.seen)) == (5, 3)


def test_a_signature_is_refused_for_another_key_an_old_time_and_a_changed_body(serve):
    web = serve(FakeReceiver)
    with pytest.raises(HelpdeskDenied):
        web.desk(token="another key").create(draft())
    desk = web.desk()
    desk._clock = lambda: web.clock() - 3600
    with pytest.raises(HelpdeskRefused, match="too old"):
        desk.create(draft())
    headers = web.desk()._signed("id", b'{"event": "create"}') | {"Content-Type": "application/json"}
    with pytest.raises(HelpdeskDenied):
        Http(web.url).send("POST", "/hook", body=b'{"event": "resolve"}', headers=headers)
    assert web.bodies == []


def test_the_signature_is_that_of_the_published_example():
    # Standard Webhooks, reference libraries' test: secret, id, time and body -> signature
    config = WebhookConfig(url="https://example.org", secret="${env:T}")
    desk = Webhook(config, Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), clock=lambda: 1614265330.0)
    signed = desk._signed("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}')
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_key_that_is_no_base64_is_refused_without_being_shown():
    config = WebhookConfig(url="https://example.org", secret="${env:T}")
    with pytest.raises(ValueError, match="no base64") as caught:
        Webhook(config, Secret("whsec_!!!seed"))
    assert "seed" not in str(caught.value)


# ---------------------------------------------------------------- the fakes, and the settings


@pytest.mark.parametrize(
    "fake", [FakeZammad, FakeGlpi, FakeJira, FakeJsm, FakeServiceNow, FakeFreshdesk, FakeRedmine]
)
def test_a_fake_refuses_what_is_not_documented(serve, fake):
    web = serve(fake)
    desk = web.desk()
    original = desk._http._exchange

    def meddled(method, url, data, headers, *, harmless):
        if method == "POST" and data and data.startswith(b"{") and "search" not in url:
            told = json.loads(data)
            inner = next((told[name] for name in ("input", "fields", "issue") if name in told), told)
            inner["no_such_field"] = "x"
            data = json.dumps(told).encode()
        return original(method, url, data, headers, harmless=harmless)

    desk._http._exchange = meddled
    with pytest.raises(HelpdeskRefused):
        desk.create(draft())
    assert web.cards == {}


SECTIONS = [
    ZammadConfig(url="https://h", token="${env:A}", group="g", customer="c"),
    GlpiConfig(url="https://h/apirest.php", user_token="${env:A}", app_token="${env:B}"),
    JiraConfig(url="https://h", user="a@b", token="${env:A}", project="CCTV"),
    JsmConfig(
        url="https://h", flavor="server", token="${env:A}", project="CC", service_desk="1", request_type="2"
    ),
    ServiceNowConfig(url="https://h", api_key="${env:A}"),
    FreshdeskConfig(url="https://h", api_key="${env:A}", email="a@b"),
    RedmineConfig(url="https://h", api_key="${env:A}", project="p", reference_field=3),
    WebhookConfig(url="https://h", secret="${env:A}", headers={"X-Key": "${env:B}"}),
]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.kind)
def test_a_section_makes_its_helpdesk_and_survives_a_round_trip(section, tmp_path):
    secrets = {name: Secret(f"seed-of-{name}") for name in secret_references(section)}
    desk = build(section, secrets, base=tmp_path)
    assert desk.name == section.kind
    assert secrets
    assert "seed-of" not in repr(vars(desk))
    assert TypeAdapter(HelpdeskConfig).validate_python(section.model_dump(mode="json")) == section
    desk.close()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.kind)
def test_a_section_refuses_unknown_keys_and_urls_with_a_password(section):
    told = section.model_dump(mode="json")
    with pytest.raises(ValidationError):
        type(section).model_validate({**told, "no_such_key": 1})
    with pytest.raises(ValidationError):
        type(section).model_validate({**told, "url": "https://user:seed@h"})


@pytest.mark.parametrize(
    ("section", "change"),
    [(SECTIONS[2], {"user": ""}), (SECTIONS[3], {"user": "a@b"}), (SECTIONS[4], {"user": "a"}),
     (SECTIONS[4], {"user": "a", "password": "${env:P}"})],
)  # fmt: skip
def test_a_login_that_is_not_whole_is_refused(section, change):
    with pytest.raises(ValidationError):
        type(section).model_validate({**section.model_dump(mode="json"), **change})
