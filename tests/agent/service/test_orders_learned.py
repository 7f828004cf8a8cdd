"""An order keeps what is probably behind its fault, as learnt from confirmed causes; its ticket says it."""

from agent.service.workorder import Orders
from tests.agent.pipeline_rig import LOST, Rig
from tests.agent.service.rig import KEY, Desk


async def registered(tmp_path, found):
    desk = Desk(tmp_path)
    desk.orders = Orders(desk.store, desk.terms, suggest=lambda fault: found.get(fault.code))
    return await desk.registered()


async def test_the_order_has_the_learnt_cause(tmp_path):
    desk = await registered(tmp_path, {"REACH_LOST": ("HUNG", 0.83, 14)})
    assert desk.store.order(KEY).suggested == "HUNG"
    desk.close()


async def test_without_a_model_the_usual_cause_of_the_fault_stands(tmp_path):
    desk = await registered(tmp_path, {})
    assert desk.store.order(KEY).suggested == "POWER_SUPPLY"
    desk.close()


async def test_a_new_ticket_has_the_learnt_cause_with_its_confidence_in_its_text(tmp_path):
    rig = Rig(tmp_path)
    rig.pipeline.likely = lambda fault: ("HUNG", 0.83, 14) if fault.code == "REACH_LOST" else None
    await rig.poll(60.0)
    rig.off.add("cam-1")
    await rig.poll(300.0)
    (queued,) = [one for one in rig.store.helpdesk_pending(rig.at) if one.intent.key == LOST]
    body = queued.intent.body["body"]
    assert "device hung" in body
    assert "83 %" in body
    assert "14 confirmed cases" in body
    rig.store.close()
