"""Where the inventory and what the switches say disagree about a device, from what the agent remembers."""

from collections.abc import Iterator, Sequence

from agent.config import SiteConfig
from agent.files import STORE_FILE
from agent.store import Reader, StoreError
from models.facts import Device
from models.learned import Contradiction
from models.watch import Watch


def contradictions(config: SiteConfig, devices: Sequence[Device], about: str) -> list[Contradiction]:
    """Return those about one device: its own, and those in which it is the parent; none without an agent."""
    try:
        with Reader(config.state_dir / STORE_FILE) as store:
            states = store.load_states()
    except StoreError:
        return []
    watch = Watch(config.site, devices)
    watch.restore(states)
    return [one for one in watch.learned.contradictions if about in {one.device, one.given, one.seen}]


def lines(found: Sequence[Contradiction]) -> Iterator[str]:
    """Yield each in a sentence."""
    for one in found:
        if one.why == "operator":
            yield f"{one.device}: on {one.given} by the inventory (it counts), on {one.seen} by the switches"
        elif one.why == "shared_mac":
            yield f"{one.device}: shares MAC {one.given} with {one.seen}: where it hangs cannot be told"
        else:
            yield f"{one.device}: on {one.seen} by the switches, which would make a ring"
