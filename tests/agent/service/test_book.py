"""The service book: frozen where it must be, written from two processes, clear when it cannot be used."""

import fnmatch
import sqlite3
import threading
from datetime import date

import pytest

from agent.service import followup
from agent.service.book import Answer, BaselineValue, Book, Complaint, Handover, PartUse, Task
from agent.service.contract import ContractConfig
from agent.service.files import FilesError, groups_of, read_files, warranty_of
from agent.service.record import SHIPPED, calendar, load_plans
from agent.store.records import StoreError
from models.facts import Device, Kind
from models.faults import FAULTS
from models.metrics import METRICS
from models.service.plans import PlanError
from models.service.rounds import Month

CAM = Device("cam-1", Kind.CAMERA, "h", place="Gate, mast 1")


@pytest.fixture
def book(tmp_path):
    return Book(tmp_path / "service.db")


def test_a_baseline_is_frozen(book, tmp_path):
    value = BaselineValue("cam-1", "cctv_stream_fps", "main", 25.0, 5.0)
    book.freeze(Handover(0, 10.0, "Li", "acceptance", 1), [value])
    assert book.baseline() == [value]
    with (
        sqlite3.connect(tmp_path / "service.db") as db,
        pytest.raises(sqlite3.IntegrityError, match="frozen"),
    ):
        db.execute("UPDATE baseline SET value = 1")


def test_a_second_hand_over_wins_only_where_it_says_something(book):
    one = BaselineValue("cam-1", "m", "", 1.0, 5.0)
    book.freeze(Handover(0, 1.0, "Li", "", 1), [one, BaselineValue("cam-2", "m", "", 2.0, 5.0)])
    book.freeze(Handover(0, 2.0, "Li", "", 1), [BaselineValue("cam-1", "m", "", 9.0, 6.0)])
    assert [(v.device, v.value) for v in book.baseline()] == [("cam-1", 9.0), ("cam-2", 2.0)]


def test_what_people_write_is_kept(book):
    number = book.add_inspection("monthly", "2026-08", 1.0, {"a": 1})
    book.answer(number, Answer("clean", "cam-1", 2.0, "Li", good=False, note="x"))
    book.answer(number, Answer("clean", "cam-1", 3.0, "Li", good=True))
    book.sign(number, 4.0, "Li", "Wang")
    kept = book.inspection(number)
    assert (kept.signed_by, kept.customer, [a.good for a in kept.answers]) == ("Li", "Wang", [True])
    book.fill("k#1", {"technician": "Li"}, "Li", 1.0)
    book.use(PartUse("k#1", "disk", 2.0, "Li", 1.0))
    assert book.forms()["k#1"].fields == {"technician": "Li"}
    assert book.forms()["k#1"].parts[0].number == 2.0


def test_many_may_write_at_once(tmp_path):
    def write(n: int) -> None:
        Book(tmp_path / "service.db").fill(f"k#{n}", {"work": str(n)}, "x", 1.0)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Book(tmp_path / "service.db").forms()) == 12


def test_a_book_that_cannot_be_used_says_so(tmp_path):
    (tmp_path / "service.db").write_bytes(b"no database at all, but long enough to look at" * 40)
    with pytest.raises(StoreError, match="service book"):
        Book(tmp_path / "service.db").forms()


def test_a_draw_is_made_once(book):
    assert book.keep_draw("follow_up/2026-08/1", 1.0, {"seed": "s"})
    assert not book.keep_draw("follow_up/2026-08/1", 2.0, {"seed": "other"})
    assert book.drawn("follow_up/2026-08/1") == {"seed": "s"}


def test_who_complains_again_is_a_class_higher_and_somebody_is_told(book):
    contract = ContractConfig(escalation={"1": "Manager", "2": "Region"})

    def complain(who: str, at: float, level: int = 1) -> Complaint:
        return followup.complain(book, contract, who=who, text="late", reference="", level=level, now=at)

    assert (complain("A", 1e9).level, complain("B", 1e9).level) == (1, 1)
    again = complain("A", 1e9 + 86400)
    assert (again.level, again.escalated) == (2, "Manager; Region")
    assert complain("B", 1e9 + 400 * 86400).level == 1
    assert book.settle(again.id, 2e9, upheld=True, outcome="apologised")
    assert [c.upheld for c in book.complaints()].count(True) == 1


def test_an_overdue_task_is_shown(book):
    book.add_tasks([Task("follow_up/k#1", "follow_up", "k#1", 100.0, "drawn")])
    assert [t.name for t in followup.overdue(book.tasks(), 101.0)] == ["follow_up/k#1"]
    book.do_task("follow_up/k#1", 102.0, "Li", satisfied=False, note="")
    assert followup.overdue(book.tasks(), 103.0) == []
    assert book.tasks()[0].satisfied is False


def test_the_calendar_shows_what_is_overdue(book):
    contract = ContractConfig(handed_over=date(2026, 2, 10), intervals={"monthly": 0, "yearly": 0})
    plans = load_plans(contract)
    book.add_inspection("quarterly", "2026-05", 1_782_000_000.0, {})  # 2026-06-21
    found = {
        (d.plan.name, str(d.month)): d.standing.value
        for d in calendar(plans, book, contract, date(2026, 9, 15))
    }
    assert found["quarterly", "2026-05"] == "on_time"
    assert found["quarterly", "2026-08"] == "due"
    assert found["two_monthly", "2026-06"] == "overdue"
    assert found["half_yearly", "2027-02"] == "ahead"
    assert not any(name in {"monthly", "yearly"} for name, _ in found)


def test_what_the_shipped_plans_ask_for_exists():
    for plan in load_plans(ContractConfig()).values():
        assert plan.faults <= set(FAULTS)
        assert plan.metrics | {item.where_told for item in plan.items} <= {*METRICS, ""}
        families = {name for item in plan.items for query in item.queries for name in query.also}
        assert [name for name in families if not fnmatch.filter(FAULTS, name)] == []


def test_a_site_may_replace_a_plan(tmp_path):
    text = (SHIPPED / "monthly.yaml").read_text(encoding="utf-8").replace("Monthly check", "Our check")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    plans = load_plans(ContractConfig(plans=tmp_path))
    assert plans["monthly"].title.en == "Our check"
    assert [p.every_months for p in plans.values()] == [1, 2, 3, 6, 12]


def test_a_plan_that_cannot_be_used_says_which(tmp_path):
    (tmp_path / "x.yaml").write_text("plan: [", encoding="utf-8")
    with pytest.raises(PlanError, match=r"x\.yaml: is not YAML"):
        load_plans(ContractConfig(plans=tmp_path))
    with pytest.raises(PlanError, match="no such folder"):
        load_plans(ContractConfig(plans=tmp_path / "gone"))
    with pytest.raises(PlanError, match="no plan weekly"):
        load_plans(ContractConfig(intervals={"weekly": 1}))


def test_device_files_come_from_a_spreadsheet(tmp_path):
    path = tmp_path / "files.csv"
    path.write_text("编号,型号,保修截止,分组,备件\ncam-1,P3245,2027-01-31,Gates,a; b\n", encoding="utf-8")
    contract = ContractConfig(device_files=path, handed_over=date(2026, 1, 1))
    files = read_files(contract, [CAM])
    assert (files["cam-1"].model, files["cam-1"].parts) == ("P3245", ("a", "b"))
    assert groups_of([CAM], files) == {"cam-1": "Gates"}
    assert warranty_of(contract, files["cam-1"]).standing(date(2027, 2, 1)) == "out"
    assert warranty_of(contract, None).standing(date(2028, 1, 1)) == "in"
    assert warranty_of(ContractConfig(), None).standing(date(2028, 1, 1)) == "unknown"
    assert groups_of([CAM], {}) == {"cam-1": "Gate"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,model\ncam-9,x\n", "row 2: no device 'cam-9'"),
        ("id,installed\ncam-1,soon\n", "row 2, column installed: 'soon' is no day"),
        ("name\nx\n", "unknown heading name"),
        ("model\nx\n", "heading id"),
        ("", "heading id"),
    ],
)
def test_a_spreadsheet_with_a_mistake_says_where(tmp_path, text, said):
    path = tmp_path / "files.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FilesError) as refused:
        read_files(ContractConfig(device_files=path), [CAM])
    assert said in str(refused.value)


def test_a_month_ends_where_the_site_is():
    from zoneinfo import ZoneInfo

    since, until = followup.span_of(Month(2026, 8), ZoneInfo("Asia/Shanghai"))
    assert until - since == 31 * 86400
    assert since == 1_785_513_600.0
