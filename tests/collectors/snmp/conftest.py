"""Clients of both engines."""

import pytest

from collectors.snmp.client import Client
from collectors.snmp.gufo_engine import GufoEngine
from collectors.snmp.pysnmp_engine import PysnmpEngine
from tests.collectors.snmp.agents import PATIENT, WAITS


@pytest.fixture(params=[GufoEngine, PysnmpEngine], ids=["gufo", "pysnmp"])
async def client(request):
    client = Client(request.param(), waits=PATIENT)
    yield client
    client.close()


@pytest.fixture(params=[GufoEngine, PysnmpEngine], ids=["gufo", "pysnmp"])
async def impatient(request):
    client = Client(request.param(), waits=WAITS)
    yield client
    client.close()
