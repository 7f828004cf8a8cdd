"""The sections `contract:` and `reports:` of site.yaml: what was agreed, and which reports go out."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, field_validator, model_validator

from agent.helpdesk.settings import MailConfig
from agent.strict import Strict
from models.service.figures import KPIS
from models.service.rounds import Month, add_months
from models.words import Lang

Format = Literal["html", "pdf", "xlsx", "csv"]
STANDARD_INTERVALS: Final = {"monthly": 1, "two_monthly": 2, "quarterly": 3, "half_yearly": 6, "yearly": 12}


class ContactConfig(Strict):
    """Somebody one may call."""

    name: str
    role: str = ""
    phone: str = ""
    email: str = ""


class ContractConfig(Strict):
    """What was agreed with the customer; left out: inspections and reports without a contract's words."""

    customer: str = ""
    number: Annotated[str, Field(description="The contract's number.")] = ""
    address: str = ""
    contacts: tuple[ContactConfig, ...] = ()
    provider: Annotated[str, Field(description="Who maintains the site.")] = ""
    hotline: str = ""
    access: Annotated[str, Field(description="How a technician gets in: gate, key, escort, hours.")] = ""
    starts: date | None = None
    ends: date | None = None
    handed_over: Annotated[
        date | None, Field(description="Acceptance; inspections are counted from its month.")
    ] = None
    basis: Annotated[
        Literal["acceptance", "completion"], Field(description="Which certificate the warranty counts from.")
    ] = "acceptance"
    warranty_months: Annotated[int, Field(ge=0, le=600)] = 24
    intervals: Annotated[
        dict[str, Annotated[int, Field(ge=0, le=120)]],
        Field(description="Months between inspections by plan, where not the plan's own; 0 leaves it out."),
    ] = Field(default_factory=dict)
    plans: Annotated[
        Path | None, Field(description="Folder of the site's own plans; a file may replace a shipped one.")
    ] = None
    device_files: Annotated[
        Path | None, Field(description="Spreadsheet (.csv) with what the inventory does not say of a device.")
    ] = None
    retention_days: Annotated[
        dict[str, Annotated[float, Field(gt=0)]],
        Field(description="Days of recording agreed, by device group; `default` for all others."),
    ] = Field(default_factory=dict)
    targets: Annotated[
        dict[str, float], Field(description="Targets of KPIs, where the contract names its own.")
    ] = Field(default_factory=dict)
    follow_up_share: Annotated[
        float, Field(ge=0, le=1, description="Share of closed tickets called back.")
    ] = 0.3
    follow_up_days: Annotated[int, Field(ge=1, le=90, description="Within so many days of closing.")] = 7
    mandatory: Annotated[
        tuple[str, ...], Field(description="Fields that the record of a closed ticket must have.")
    ] = ("technician", "arrived", "cause", "work", "result", "customer")
    escalation: Annotated[
        dict[Literal["1", "2", "3"], str], Field(description="Who is told of a complaint, by its class.")
    ] = Field(default_factory=dict)

    @field_validator("targets")
    @classmethod
    def _targets_are_of_kpis(cls, value: dict[str, float]) -> dict[str, float]:
        unknown = sorted(set(value) - set(KPIS))
        if unknown:
            raise ValueError(f"no KPI {', '.join(unknown)}: choose of {', '.join(KPIS)}")
        return value

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Any:
        if self.starts and self.ends and self.ends < self.starts:
            raise ValueError(f"ends on {self.ends}, before it starts on {self.starts}")
        return self

    @property
    def anchor(self) -> Month | None:
        """The month from which inspections are counted."""
        day = self.handed_over or self.starts
        return Month.of(day) if day else None

    @property
    def warranty_until(self) -> date | None:
        """The last day of the warranty; None where nobody said when it began."""
        begins = self.handed_over or self.starts
        return add_months(begins, self.warranty_months) if begins else None

    def retention_goal(self, group: str) -> float | None:
        """Return the days of recording agreed for a group; None where nothing was."""
        return self.retention_days.get(group, self.retention_days.get("default"))


class ReportsConfig(Strict):
    """Where reports go by themselves; left out: only on demand."""

    enabled: Annotated[bool, Field(description="Write them by schedule, before their deadline.")] = False
    folder: Annotated[Path, Field(description="A folder for each month is made in it.")] = Path("reports")
    languages: Annotated[tuple[Lang, ...], Field(description="Empty: the site's language.")] = ()
    formats: tuple[Format, ...] = ("pdf", "xlsx")
    digest_at: Annotated[
        str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="When the daily digest goes out.")
    ] = "07:30"
    mail: MailConfig | None = None
