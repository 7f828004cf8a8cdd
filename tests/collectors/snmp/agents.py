"""Agents on loopback with a made-up subtree, and how long they are waited for."""

import pytest
from pysnmp.proto.rfc1902 import (
    Integer32,
)
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchObject

from collectors.snmp.gufo_engine import GufoEngine
from collectors.snmp.oids import order
from collectors.snmp.pysnmp_engine import PysnmpEngine
from tests.collectors.snmp.support import answer, asked

BASE = "1.3.6.1.4.1.99999"
TABLE = f"{BASE}.1"
END = ("1.3.6.1.4.1.99999.2.0", Integer32(0))
PATIENT = (5.0, 5.0)  # for agents that answer, on however busy a machine
WAITS = (0.1, 0.3)  # for agents that do not

ENGINES = pytest.mark.parametrize("engine", [GufoEngine, PysnmpEngine], ids=["gufo", "pysnmp"])


def rows_agent(count, *, limit=10_000, per_reply=10_000):
    """Return an agent with a table of `count` rows that refuses GETBULK above `limit`."""
    rows = [(f"{TABLE}.{n}", Integer32(n)) for n in range(1, count + 1)]

    def answers(request):
        kind, oids, bulk = asked(request)
        if bulk > limit:
            return [answer(request, [], status=1)]
        after = [row for row in [*rows, END] if order(row[0]) > order(oids[0])]
        wanted = 1 if kind == "GetNextRequestPDU" else min(bulk, per_reply)
        return [answer(request, after[:wanted] or [(oids[0], EndOfMibView(""))])]

    return answers


def values_agent(found):
    def answers(request):
        return [answer(request, [(oid, found.get(oid, NoSuchObject(""))) for oid in asked(request)[1]])]

    return answers
