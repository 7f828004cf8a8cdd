"""Where the sun stands over the site, so that dusk is not taken for a fault."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from agent.strict import Strict


class LocationConfig(Strict):
    """Where the site is."""

    latitude: Annotated[float, Field(ge=-90, le=90, description="Degrees north of the equator.")]
    longitude: Annotated[float, Field(ge=-180, le=180, description="Degrees east of Greenwich.")]


def elevation_over(location: LocationConfig | None) -> Callable[[float], float | None]:
    """Return what tells the sun's elevation in degrees at a time in Unix seconds; None without a location."""
    if location is None:
        return lambda _at: None
    from astral import Observer  # noqa: PLC0415  only where a location is given
    from astral.sun import elevation  # noqa: PLC0415

    observer = Observer(location.latitude, location.longitude)

    def told(at: float) -> float | None:
        return round(float(elevation(observer, datetime.fromtimestamp(at, UTC))), 1)

    return told
