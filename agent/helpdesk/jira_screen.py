"""What Jira offers: the transitions of an issue, the fields of a screen [documentation only].

Sources: developer.atlassian.com, Jira REST API: Issues (transitions, create metadata).
"""

from collections.abc import Sequence
from typing import Any

from agent.helpdesk.base import HelpdeskRefused, TicketRef
from agent.helpdesk.http import Answer
from agent.helpdesk.rest import rows


def chosen_of(found: TicketRef, offered: Sequence[dict[str, Any]], names: Sequence[str]) -> Any:
    """Return the number of the transition that the first name fits, by its own name or its target's.

    Raises:
        HelpdeskRefused: no name fits; the message says what is offered.
    """
    by_name = {str(row.get("to", {}).get("name")).casefold(): row["id"] for row in offered}
    by_name |= {str(row.get("name")).casefold(): row["id"] for row in offered}
    fitting = (by_name[name.casefold()] for name in names if name.casefold() in by_name)
    chosen = next(fitting, None)
    if chosen is None:
        known = ", ".join(str(row.get("name")) for row in offered) or "none"
        raise HelpdeskRefused(f"{found.id} is {found.state}; of its transitions ({known}) none is {names[0]}")
    return chosen


def compare(fields: list[dict[str, Any]], ours: set[str], reference: str) -> str:
    """Say that a screen takes the reference and asks for nothing that we do not send.

    Raises:
        HelpdeskRefused: it does not.
    """
    if reference not in {row.get("fieldId") for row in fields}:
        raise HelpdeskRefused(f"the create screen has no field {reference}")
    asked = {row["fieldId"] for row in fields if row.get("required") and not row.get("hasDefaultValue")}
    if more := sorted(asked - ours):
        raise HelpdeskRefused(f"the create screen asks for {', '.join(more)}, which the agent does not know")
    return f"the create screen takes {reference}"


def listed(answer: Answer, cloud: str) -> list[dict[str, Any]]:
    """Return a list that Cloud calls by its content and Data Center `values`."""
    said = answer.json()
    return rows(said.get(cloud, said.get("values")))
