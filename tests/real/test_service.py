"""A drill through a real agent, and that what renders reports is not loaded by it."""

import json
import subprocess
import sys

import pytest
import yaml

from agent.files import SERVICE_FILE, STORE_FILE
from agent.service.book import Book
from agent.service.measure import counts
from agent.store import Reader
from tests.agent.cli_rig import process
from tests.real.agent_process import running, wait

pytestmark = pytest.mark.real


@pytest.fixture
def site(tmp_path):
    config = {
        "site": "test", "icmp": False, "state_dir": "state", "web": {"port": 0},
        "reports": {"enabled": True, "formats": ["csv"]},
    }  # fmt: skip
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    (tmp_path / "devices.csv").write_text(
        "id,kind,host,tcp_ports\ncam-1,camera,127.0.0.1,9\n", encoding="utf-8"
    )
    return path


def test_a_drill_goes_to_the_helpdesk_and_back_and_counts_nowhere(site):
    with running(site) as agent:
        done = process("drill", "cam-1", "-c", site, "--who", "Li", "--seconds", "30", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        steps = {row["step"]: row["seconds"] for row in json.loads(done.stdout)}
        assert list(steps) == ["ledger", "work_order", "ticket", "acknowledged", "closing", "resolved"]
        assert all(0 <= seconds < 30 for seconds in steps.values())
        ticket = next(t for t in agent.tickets() if "Drill" in t.subject)
        wait(lambda: not next(t for t in agent.tickets() if t.number == ticket.number).is_open)
    with Reader(site.parent / "state" / STORE_FILE) as store:
        order = next(one for one in store.orders_between(0, 4e9) if one.sheet.order.root.code == "DRILL")
    drills = Book(site.parent / "state" / SERVICE_FILE).drills()
    assert order.sheet.order.reference in drills
    assert not counts(order, drills)


def test_without_an_agent_there_is_no_drill(site):
    with running(site):
        pass
    done = process("drill", "cam-1", "-c", site, "--who", "Li", "--seconds", "2")
    assert done.returncode == 1
    assert "needs the running agent" in done.stderr


def test_the_agent_loads_nothing_that_renders():
    code = "import sys, agent.app; print([m for m in ('weasyprint', 'matplotlib', 'jinja2', 'openpyxl.workbook') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "weasyprint" not in said
    assert "matplotlib" not in said
