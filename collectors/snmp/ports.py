"""Which switch port a PoE port is. POWER-ETHERNET-MIB counts its own way; each maker another. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Final

_LAST_NUMBER: Final = re.compile(r"(\d+)(?=\D*$)")


def poe_names(indexes: Collection[str], ports: Mapping[str, str]) -> dict[str, str]:
    """Return a name for each PoE port.

    1. The largest family of port names (`Gi1/0/`, `gi`, `Port`) that has every number of the group is meant:
       port 3 of group 1 is `Gi1/0/3`. In a stack, the first number of the family must be the group.
    2. Else, when every number is an ifIndex, that interface is meant.
    3. Else nobody can say: `1/3`, group and port as the switch counts them.

    Args:
        indexes: `group.port` as in pethPsePortTable.
        ports: ifIndex -> name, of the Ethernet ports.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for index in indexes:
        group, _, port = index.partition(".")
        groups[group].append(port)
    named: dict[str, str] = {index: index for index in indexes}  # an agent may leave the group out
    for group, numbers in groups.items():
        names = _family(group if len(groups) > 1 else "", numbers, ports)
        if names is None and all(number in ports for number in numbers):
            names = ports
        for number in numbers:
            named[f"{group}.{number}"] = names[number] if names else f"{group}/{number}"
    return named


def _family(group: str, numbers: Collection[str], ports: Mapping[str, str]) -> Mapping[str, str] | None:
    families: dict[str, dict[str, str]] = defaultdict(dict)
    twice: Counter[str] = Counter()
    for name in ports.values():
        match = _LAST_NUMBER.search(name)
        if match is not None:
            family = name[: match.start()]
            number = str(int(match[1]))
            twice[family] += number in families[family]
            families[family][number] = name
    fitting = [
        members
        for family, members in families.items()
        if not twice[family] and _in_group(family, group) and all(number in members for number in numbers)
    ]
    return max(fitting, key=len, default=None)


def _in_group(family: str, group: str) -> bool:
    first = re.search(r"\d+", family)
    return not group or (first is not None and first[0] == group)
