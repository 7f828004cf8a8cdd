"""The section `tickets:` of site.yaml: how much people are told, and what becomes of a ticket by itself."""

from typing import Annotated

from pydantic import Field, field_validator

from agent.strict import Strict
from agent.units import Duration
from models.faults import FAULTS, Policy
from models.gate import Limits


class TicketsConfig(Strict):
    """When a ticket is held back, and when it ends."""

    per_day: Annotated[
        int,
        Field(
            ge=0,
            description="New tickets of the site in 24 hours; what is beyond is in one digest. 0: no limit."
            " Critical ones (S1, or of a critical device) have as many for themselves.",
        ),
    ] = 100
    predictions_per_day: Annotated[int, Field(ge=0, description="Likewise for predictions. 0: no limit.")] = (
        10
    )
    digest: Annotated[Duration, Field(description="Between two words about a digest that grew.")] = 3600.0
    grace: Annotated[
        float | Duration, Field(ge=0, description="No ticket of a device that is new in the inventory.")
    ] = 3600.0
    blind_after: Annotated[
        Duration, Field(description="Out of sight for so long: the agent says that it is blind to it.")
    ] = 900.0
    policies: Annotated[
        dict[str, Policy],
        Field(description="Fault code -> what becomes of its ticket when the fault is seen to be gone."),
    ] = Field(default_factory=dict)

    @field_validator("policies")
    @classmethod
    def _faults_are_known(cls, value: dict[str, Policy]) -> dict[str, Policy]:
        unknown = sorted(set(value) - set(FAULTS))
        if unknown:
            raise ValueError(f"no fault {', '.join(unknown)}: docs/faults.md lists them")
        return value

    def limits(self) -> Limits:
        """Return how much people are told."""
        return Limits(self.per_day, self.predictions_per_day, self.grace, self.digest)
