from agent.store import Channel, Deed, Intent, Retention, Store, StoreSettings
from tests.agent.store.made import T0, event, incident, report, telemetry


def payloads(store, channel, **how):
    return [int(one.message.payload) for one in store.mqtt_pending(channel, 1000, **how)]


def test_messages_leave_in_order_and_only_when_done(store):
    store.add_messages([telemetry(n) for n in range(3)])
    first, *_ = store.mqtt_pending(Channel.TELEMETRY, 1)
    assert payloads(store, Channel.TELEMETRY) == [0, 1, 2]
    assert payloads(store, Channel.TELEMETRY, after=first.id) == [1, 2]
    store.mqtt_done([first.id])
    assert payloads(store, Channel.TELEMETRY) == [1, 2]


def test_telemetry_is_a_ring_whose_drops_are_counted_also_over_a_restart(path):
    ring = StoreSettings(keep=Retention(telemetry=10))
    for start in (0, 100):
        store = Store.open(path, ring)
        for n in range(start, start + 25):
            store.add_messages([telemetry(n)])
        store.close()
    store = Store.open(path, ring)
    assert payloads(store, Channel.TELEMETRY) == list(range(115, 125))
    assert store.mqtt_queue(T0).dropped == 40
    store.close()


def test_events_are_never_dropped(path):
    store = Store.open(path, StoreSettings(keep=Retention(telemetry=5)))
    store.add_messages([*(event(n) for n in range(50)), *(telemetry(n) for n in range(50))])
    assert payloads(store, Channel.EVENT) == list(range(50))
    assert payloads(store, Channel.TELEMETRY) == list(range(45, 50))
    store.close()


def test_a_batch_larger_than_the_ring_leaves_its_newest(path):
    store = Store.open(path, StoreSettings(keep=Retention(telemetry=3)))
    store.add_reports([report(T0)], [telemetry(n) for n in range(10)])
    store.mqtt_done([one.id for one in store.mqtt_pending(Channel.TELEMETRY, 1)])
    store.add_messages([telemetry(10)])
    assert payloads(store, Channel.TELEMETRY) == [8, 9, 10]
    assert store.mqtt_queue(T0).dropped == 7
    store.close()


def test_the_queue_knows_its_oldest(store):
    assert store.mqtt_queue(T0).oldest_pending_seconds == 0.0
    store.add_messages([event(1, at=T0), telemetry(2, at=T0 + 30)])
    queue = store.mqtt_queue(T0 + 60)
    assert (queue.pending, queue.oldest_pending_seconds) == (2, 60.0)


def test_intents_are_first_in_first_out_for_each_incident(store):
    store.commit_incidents(opened=[incident("cam-1"), incident("cam-2")])
    keys = {"a": "site/cam-1/-/REACH_LOST", "b": "site/cam-2/-/REACH_LOST"}
    plan = [("a", Deed.CREATE), ("a", Deed.COMMENT), ("b", Deed.CREATE), ("a", Deed.RESOLVE)]
    store.commit_incidents(intents=[Intent(keys[who], deed, T0) for who, deed in plan])
    heads = store.helpdesk_pending(T0)
    assert [(one.intent.key, one.intent.deed) for one in heads] == [
        (keys["a"], Deed.CREATE),
        (keys["b"], Deed.CREATE),
    ]
    store.helpdesk_failed(heads[0].id, due=T0 + 60, error="down", uncertain=False)
    assert [one.intent.key for one in store.helpdesk_pending(T0)] == [keys["b"]], "nothing overtakes its head"
    store.helpdesk_done(heads[1], ticket="2")
    assert store.helpdesk_next_due() == T0 + 60
    assert [one.intent.deed for one in store.helpdesk_pending(T0 + 60)] == [Deed.CREATE]


def test_an_intent_put_off_before_the_clock_was_set_back_is_due_at_once(store):
    store.commit_incidents(opened=[incident()], intents=[Intent("site/cam-1/-/REACH_LOST", Deed.CREATE, T0)])
    (head,) = store.helpdesk_pending(T0)
    store.helpdesk_failed(head.id, due=T0 + 60, error="down", uncertain=False)
    assert store.helpdesk_pending(T0) == []
    assert len(store.helpdesk_pending(T0 - 86400)) == 1


def test_a_dead_letter_lets_those_behind_it_pass_and_can_be_tried_again(store):
    key = "site/cam-1/-/REACH_LOST"
    store.commit_incidents(
        opened=[incident()], intents=[Intent(key, Deed.COMMENT, T0), Intent(key, Deed.RESOLVE, T0)]
    )
    (head,) = store.helpdesk_pending(T0)
    store.helpdesk_bury(head.id, "too long")
    assert [one.intent.deed for one in store.helpdesk_pending(T0)] == [Deed.RESOLVE]
    assert [(one.intent.deed, one.error) for one in store.dead_letters()] == [(Deed.COMMENT, "too long")]
    assert store.helpdesk_queue(T0 + 5).dead == 1
    store.helpdesk_revive(head.id)
    assert [one.intent.deed for one in store.helpdesk_pending(T0)] == [Deed.COMMENT]


def test_only_what_ends_with_a_resolve_collapses(store):
    key = "site/cam-1/-/REACH_LOST"
    deeds = [Deed.CREATE, Deed.RESOLVE, Deed.REOPEN]
    store.commit_incidents(opened=[incident()], intents=[Intent(key, deed, T0) for deed in deeds])
    assert not store.helpdesk_collapse(key, 1, "over")
    assert len(store.helpdesk_of(key, 1)) == 3
    store.commit_incidents(intents=[Intent(key, Deed.RESOLVE, T0)])
    assert store.helpdesk_collapse(key, 1, "over")
    assert store.helpdesk_of(key, 1) == []
    assert store.incident(key).note == "over"
