"""The `ptz_test` section of `site.yaml`."""

from typing import Annotated, Final

from pydantic import Field

from agent.strict import Identifier, Strict
from agent.units import Duration

_CLOCK: Final = r"^([01]\d|2[0-3]):[0-5]\d$"


class PtzConfig(Strict):
    """Function test of cameras that can be turned; leave the section out and nothing is ever moved."""

    devices: Annotated[tuple[Identifier, ...], Field(min_length=1, description="Ids of these cameras.")]
    every: Annotated[Duration, Field(ge=3600.0, description="How often each.")] = 7 * 86400.0
    begin: Annotated[str, Field(pattern=_CLOCK, description="Not earlier in the day, site time.")] = "10:00"
    end: Annotated[str, Field(pattern=_CLOCK, description="Not later than this; may lie after midnight.")] = (
        "11:00"
    )
