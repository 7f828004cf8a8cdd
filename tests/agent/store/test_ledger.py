import pytest

from agent.store import Channel, Deed, Intent
from agent.store.ledger import state_hash
from tests.agent.store.made import T0, event, incident

KEY = "site/cam-1/-/REACH_LOST"


def intent(deed=Deed.CREATE, at=T0, key=KEY):
    return Intent(key, deed, at, {"text": "x"})


def test_an_incident_is_known_until_it_is_closed(store):
    store.commit_incidents(opened=[incident(children=("cam-2", "cam-3"))])
    (entry,) = store.open_incidents()
    assert (entry.key, entry.generation, entry.device, entry.part, entry.code) == (
        KEY,
        1,
        "cam-1",
        "",
        "REACH_LOST",
    )
    assert entry.children == ("cam-2/-/REACH_LOST", "cam-3/-/REACH_LOST")
    store.commit_incidents(closed=[incident(closed_at=T0 + 60)])
    assert store.open_incidents() == []
    assert store.incident(KEY).closed_at == T0 + 60


def test_opening_what_is_open_makes_no_second_one(store):
    store.commit_incidents(opened=[incident()])
    store.commit_incidents(opened=[incident(children=("cam-2",))])
    assert [(entry.generation, len(entry.children)) for entry in store.incidents()] == [(1, 1)]


def test_a_fault_that_comes_again_is_a_new_generation_with_a_reference_of_its_own(store):
    for number in range(3):
        store.commit_incidents(opened=[incident(at=T0 + number)])
        store.commit_incidents(closed=[incident(closed_at=T0 + number + 0.5)])
    references = [entry.reference for entry in store.incidents()]
    assert references == [f"{KEY}#1", f"{KEY}#2", f"{KEY}#3"]


def test_a_reopened_incident_keeps_its_generation_and_ticket(store):
    store.commit_incidents(opened=[incident()], intents=[intent()])
    store.helpdesk_done(store.helpdesk_pending(T0)[0], ticket="17")
    store.commit_incidents(closed=[incident(closed_at=T0 + 60)])
    store.commit_incidents(reopened=[incident(at=T0 + 120)], intents=[intent(Deed.REOPEN)])
    (entry,) = store.open_incidents()
    assert (entry.generation, entry.ticket, entry.reopened, entry.opened_at) == (1, "17", 1, T0)
    assert store.helpdesk_pending(T0)[0].generation == 1


def test_reopening_what_never_had_a_ticket_on_purpose_begins_anew(store):
    store.commit_incidents(opened=[incident()], intents=[intent()])
    store.commit_incidents(closed=[incident(closed_at=T0 + 60)], intents=[intent(Deed.RESOLVE)])
    assert store.helpdesk_collapse(KEY, 1, "over")
    store.commit_incidents(reopened=[incident(at=T0 + 120)], intents=[intent(Deed.REOPEN)])
    (entry,) = store.open_incidents()
    assert (entry.generation, entry.note) == (2, "")
    assert store.helpdesk_pending(T0)[0].generation == 2


def test_intents_of_one_commit_are_about_the_generation_it_opened(store):
    for at in (T0, T0 + 100):
        store.commit_incidents(opened=[incident(at=at)], intents=[intent(at=at)])
        store.commit_incidents(closed=[incident(closed_at=at + 50)], intents=[intent(Deed.RESOLVE)])
    assert [one.generation for one in store.helpdesk_of(KEY, 1)] == [1, 1]
    assert [one.intent.deed for one in store.helpdesk_of(KEY, 2)] == [Deed.CREATE, Deed.RESOLVE]


def test_ledger_outboxes_and_states_are_written_together_or_not_at_all(store):
    broken = Intent(KEY, Deed.CREATE, T0, {"not json": object()})
    with pytest.raises(TypeError):
        store.commit_incidents(
            opened=[incident()], states={"cam-1": {"a": 1}}, messages=[event(1)], intents=[broken]
        )
    assert store.open_incidents() == []
    assert store.load_states() == {}
    assert store.mqtt_pending(Channel.EVENT, 10) == []


def test_the_hash_changes_with_what_a_ticket_says_and_only_then():
    base = state_hash(incident())
    assert state_hash(incident(at=T0 + 5)) == base
    assert state_hash(incident(children=("cam-2",))) != base
    assert state_hash(incident(children=("cam-2", "cam-3"))) == state_hash(
        incident(children=("cam-3", "cam-2"))
    )


def test_incidents_since_are_those_that_last_or_ended_later(store):
    store.commit_incidents(opened=[incident("cam-1"), incident("cam-2"), incident("cam-3")])
    store.commit_incidents(
        closed=[incident("cam-1", closed_at=T0 + 10), incident("cam-2", closed_at=T0 + 90)]
    )
    assert [entry.device for entry in store.incidents(T0 + 60)] == ["cam-2", "cam-3"]


def test_states_survive_a_restart(store):
    store.save_state("cam-1", {"findings": [1, 2], "名": "大门"})
    store.save_states({"cam-1": {"findings": []}, "cam-2": {"x": 1.5}})
    assert store.load_states() == {"cam-1": {"findings": []}, "cam-2": {"x": 1.5}}
    store.forget_state("cam-2")
    assert list(store.load_states()) == ["cam-1"]
