"""What a ticket promises and whom it names comes from the contract's section."""

from agent.config import SiteConfig
from agent.fittings import contact, promises
from agent.service.contract import ContractConfig

T0 = 1_760_000_000.0


def config(**service):
    return SiteConfig.model_validate({"site": "plaza", "service": service})


def test_clocks_are_those_of_the_profile_without_the_one_that_the_ticket_stops():
    promised = promises(config(profile="warranty-strict"))
    assert promised("S2", T0) == [("arrive", T0 + 2 * 3600), ("swap", T0 + 86400)]


def test_without_a_contract_or_for_what_is_latent_nothing_is_promised():
    assert promises(config())("S1", T0) == []
    assert promises(config(profile="warranty-strict"))("S4", T0) == []


def test_the_first_who_can_be_called_is_named():
    people = [{"name": "A"}, {"name": "B", "role": "keeper", "phone": "555"}, {"name": "C", "phone": "1"}]
    assert contact(ContractConfig.model_validate({"contacts": people})) == "B, keeper, 555"
    assert contact(ContractConfig()) == ""
