"""Settings of forecasts, `predictions:` in site.yaml."""

from typing import Annotated

from pydantic import Field

from agent.strict import Strict


class PredictionsConfig(Strict):
    """How wear is forecast."""

    enabled: bool = True
    hour: Annotated[int, Field(ge=0, le=23, description="Local standard hour of the nightly forecast.")] = 3
    cpu_seconds: Annotated[
        float, Field(ge=5, le=3600, description="Processor time that a night may take, in its own process.")
    ] = 120.0
    per_100_devices_month: Annotated[
        float, Field(gt=0, le=100, description="Most predictions that become tickets; others are a list.")
    ] = 10.0
    false_per_100_devices_month: Annotated[
        float, Field(gt=0, le=100, description="Most of them that may be expected to be wrong.")
    ] = 1.0

    def policy(self) -> dict[str, float]:
        """Return what the gate is told."""
        return {
            "per_100_month": self.per_100_devices_month,
            "false_per_100_month": self.false_per_100_devices_month,
        }
