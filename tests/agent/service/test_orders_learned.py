"""A ticket says what is probably behind its fault, as learnt from confirmed causes, and how sure that is."""

from agent.service.workorder import Orders
from tests.agent.service.rig import KEY, Desk


async def registered(tmp_path, found):
    desk = Desk(tmp_path)
    desk.orders = Orders(desk.store, desk.terms, suggest=lambda fault: found.get(fault.code))
    return await desk.registered()


async def test_the_ticket_and_the_order_have_the_learnt_cause_with_its_confidence(tmp_path):
    desk = await registered(tmp_path, {"REACH_LOST": ("HUNG", 0.83, 14)})
    assert desk.store.order(KEY).suggested == "HUNG"
    (said,) = [text for text in desk.texts() if "Probable cause" in text]
    assert "device hung" in said
    assert "83" in said
    assert "14 confirmed cases" in said
    desk.close()


async def test_without_a_model_the_usual_cause_of_the_fault_stands(tmp_path):
    desk = await registered(tmp_path, {})
    assert desk.store.order(KEY).suggested == "POWER_SUPPLY"
    assert not [text for text in desk.texts() if "Probable cause" in text]
    desk.close()
