"""Reports as the customer gets them: rendered, read back, mailed."""

import io
import subprocess
from datetime import datetime

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from agent.demo.quarter import people
from agent.demo.quarter.fleet import DAY, HOUR, MINUTE, Fleet, Happening, devices_of
from agent.demo.quarter.play import Script, begin, play, write_config
from agent.files import SERVICE_FILE
from agent.helpdesk.settings import MailConfig
from agent.service import followup, record
from agent.service.book import Book
from agent.service.contract import ContractConfig, ReportsConfig
from agent.service.desk import between, open_desk
from agent.service.refused import Refused
from agent.service.reports import kinds, make, post, render
from agent.service.reports.clerk import Clerk, Job, work
from agent.service.reports.document import Cell, Column, Document, Table
from agent.service.reports.schedule import due
from models.facts import Device, Kind
from models.service.figures import Verdict
from models.service.inspection import Outcome
from models.service.workorder import State
from tests.agent.service.mailbox import mailbox

START = begin("2026-08-01T00:00")
OFF = Happening("cam-02", "off", START + 30 * HOUR, START + 34 * HOUR, "CABLE")
DISK = Happening("nvr-1", "disk", START + 50 * HOUR, START + 900 * HOUR, "DISK")
OUTAGE = (START + 4 * DAY, START + 6 * DAY)
END = START + 7 * DAY + HOUR


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A week of a small site: a repaired camera, a failed disk, and an agent that was off for two days."""
    import asyncio

    folder = tmp_path_factory.mktemp("week")
    config = write_config(folder, "en")
    fleet = Fleet(devices_of(4, zh=False), (OFF, DISK))
    deeds = (
        (START + DAY, people.hand_over),
        (START + 31 * HOUR, lambda life: people.move(life, OFF, State.ON_SITE)),
        (OFF.until + MINUTE, lambda life: people.move(life, OFF, State.VERIFYING)),
        (OFF.until + HOUR, lambda life: people.write_up(life, OFF)),
        (OFF.until + 2 * HOUR, lambda life: people.move(life, OFF, State.CLOSED)),
        (START + 3 * DAY, lambda life: people.inspect(life, "two_monthly", "2026-08")),
        (END - HOUR / 2, lambda life: people.call_back(life, satisfied=True)),
    )
    told = asyncio.run(play(config, Script(fleet, START, END, (OUTAGE,), deeds)))
    told.life.close(clean=False)
    return config, fleet.devices


@pytest.fixture
def desk(site):
    config, devices = site
    with open_desk(config, devices, now=END) as opened:
        yield opened


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_tickets_and_devices_lead_to_their_pages_where_these_have_an_address(site):
    config, devices = site
    pages = config.model_copy(
        update={"web": config.web.model_copy(update={"base_url": "https://site.example/siteward/"})}
    )
    ticket = "https://site.example/siteward/incidents/harbour/cam-02/-/REACH_LOST"
    camera = "https://site.example/siteward/devices/cam-02"
    with open_desk(pages, devices, now=END) as desk:
        made = kinds.build(desk, "faults", "2026-08")
        assert f'<a href="{ticket}">#1</a>' in render.html(made)
        assert f'<a href="{camera}">' in render.html(made)
        sheet = load_workbook(io.BytesIO(render.xlsx(made))).worksheets[0]
        assert {ticket, camera} <= {c.hyperlink.target for row in sheet for c in row if c.hyperlink}
    with open_desk(config, devices, now=END) as desk:
        assert "<a " not in render.html(kinds.build(desk, "faults", "2026-08"))


# ---------------------------------------------------------------- what is in them


def test_an_agent_that_was_off_blames_no_camera(desk):
    """Two of seven days were not observed: nothing is judged, and every camera was online when it was seen."""
    measured = desk.measured(between(datetime(2026, 8, 1).date(), datetime(2026, 8, 8).date(), desk.zone))
    figures = {one.kpi.code: one for one in measured.figures()}
    assert figures["online_rate"].verdict is Verdict.COLLECTING
    assert figures["online_rate"].coverage == pytest.approx(
        5 / 7, abs=0.02
    )  # each life begins with a check that observes nothing yet
    others = measured.figures({"cam-01", "cam-03", "cam-04"})[0]
    assert others.value == 1.0
    assert measured.figures({"cam-02"})[0].value == pytest.approx(1 - 4 / (5 * 24), abs=0.002)
    assert all(row.one.sheet.order.root.device in {"cam-02", "nvr-1"} for row in _rows(desk))


def _rows(desk):
    from agent.service.views import fault_rows

    return fault_rows(desk, between(datetime(2026, 8, 1).date(), datetime(2026, 9, 1).date(), desk.zone))


def test_figures_before_the_outage_are_judged(desk):
    measured = desk.measured(between(datetime(2026, 8, 1).date(), datetime(2026, 8, 5).date(), desk.zone))
    figures = {one.kpi.code: one for one in measured.figures()}
    online = figures["online_rate"]
    assert online.value == pytest.approx(1 - 4 / 96 / 4, abs=0.0005)
    assert online.verdict is Verdict.PASS
    recorded = figures["recording_completeness"]
    assert recorded.value == pytest.approx(1 - 60 / 86400, abs=1e-3)
    assert (
        recorded.verdict is Verdict.COLLECTING
    )  # the recorder tells of the last day on the next, when it was off
    assert (figures["record_completeness"].numerator, figures["record_completeness"].denominator) == (1, 1)


def test_an_inspection_says_item_by_item_what_was_seen(desk):
    made = record.load(desk.book.inspections("two_monthly")[-1])
    found = {(e.item, e.device): e for e in made.entries}
    assert found["picture", "cam-01"].outcome is Outcome.PASSED
    assert (found["disks", "nvr-1"].outcome, found["disks", "nvr-1"].ticket) == (Outcome.FAILED, "2")
    assert found["recording", "nvr-1"].outcome is Outcome.PASSED
    assert found["online", "cam-01"].outcome is Outcome.NOT_MEASURED  # 3 of 60 days are too little to judge
    assert found["training", ""].outcome is Outcome.MANUAL
    assert made.draws[0].is_true
    assert record.load(desk.book.inspections("two_monthly")[-1]).plan == made.plan


def test_a_record_made_while_the_agent_is_off_passes_nothing_that_it_does_not_see(site):
    config, devices = site
    with open_desk(config, devices, now=END + 2 * DAY) as later:
        plan = record.load_plans(config.contract)["monthly"]
        made = record.make(
            later.store, later.book, config.contract, plan, devices, now=later.now, zone=later.zone
        )
        by_fault = [e for e in made.entries if e.item in {"video", "picture", "disks", "mains"}]
        assert by_fault
        assert {e.detail for e in by_fault} == {"inspect.agent_down"}


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("name", list(kinds.KINDS))
def test_every_report_is_a_page_in_both_languages(desk, name, lang):
    about = {"device": "cam-02", "inspection": "two_monthly", "form": "two_monthly"}.get(name, "")
    document = kinds.build(desk.speaking(lang), name, about)
    page = render.html(document)
    assert document.title in page
    assert "None" not in page
    assert "{" not in page.split("</style>")[1]
    has_chinese = any("\u4e00" <= c <= "\u9fff" for c in document.title)
    assert has_chinese is (lang == "zh_CN")


# ---------------------------------------------------------------- PDF, XLSX, CSV


def test_chinese_glyphs_are_in_the_pdf(desk, tmp_path):
    data = render.pdf(kinds.build(desk.speaking("zh_CN"), "digest", "2026-08-03"))
    assert "每日简报" in text_of(data)
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in PdfReader(io.BytesIO(data)).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert any("CJK" in name for name in fonts), fonts
    path = tmp_path / "digest.pdf"
    path.write_bytes(data)
    subprocess.run(["pdftoppm", "-r", "40", "-gray", path, tmp_path / "page"], check=True)
    picture = min(tmp_path.glob("page*")).read_bytes()
    pixels = picture.split(b"\n255\n", 1)[1]
    assert 0.002 < sum(value < 128 for value in pixels) / len(pixels) < 0.3  # ink, and not too much of it


def test_a_workbook_holds_numbers_and_no_formula_of_a_stranger(desk):
    book = load_workbook(io.BytesIO(render.xlsx(kinds.build(desk, "kpi", "2026-08"))))
    sheet = book["Site"]
    row = next(r for r in sheet.iter_rows(min_row=3, values_only=True) if r[0] == "Online rate")
    assert isinstance(row[2], float)
    assert {"Site", "Groups", "Cameras"} <= set(book.sheetnames)
    evil = Document(
        "x", "t", "s", [Table("a/b", [Column("c")], [["=1+1"], [Cell("-5 %", number=-0.05)], ["@x"]])]
    )
    cells = [c[0].value for c in load_workbook(io.BytesIO(render.xlsx(evil)))["a_b"].iter_rows(min_row=3)]
    assert cells == ["'=1+1", -0.05, "'@x"]


def test_a_device_cannot_smuggle_markup_into_a_report():
    evil = Document("x", "<b>t</b>", "s", [Table("a", [Column("c")], [["<script>alert(1)</script>"]])])
    assert "<script>" not in render.html(evil)
    assert "&lt;script&gt;" in render.html(evil)


def test_tables_come_as_csv(desk):
    files = render.files(kinds.build(desk, "faults", "2026-08"), "csv")
    text = next(iter(files.values())).decode("utf-8-sig")
    assert text.startswith("ticket,device")
    assert "cam-02" in text


def test_a_record_on_paper_is_short_and_whole_in_the_workbook(desk):
    document = kinds.build(desk, "inspection", "two_monthly")
    made = record.load(desk.book.inspections("two_monthly")[-1])
    sheet = load_workbook(io.BytesIO(render.xlsx(document)))["Evidence"]
    assert sheet.max_row == len(made.entries) + 2


# ---------------------------------------------------------------- by mail and by schedule


async def test_a_report_is_mailed_with_its_files(desk, tmp_path):
    made = make.write(desk, make.Order("digest", "2026-08-03", ("html", "csv"), "en"), tmp_path)
    assert all(path.stat().st_mode & 0o007 == 0 for path in made.paths)
    async with mailbox() as box:
        config = MailConfig(
            host="127.0.0.1", port=box.port, security="none", sender="a@b.example", to=("c@d.example",)
        )
        import asyncio

        assert await asyncio.to_thread(post.send, config, None, made) == "mailed to c@d.example"
    mail = box.mails[0]
    assert mail["Subject"].startswith("Daily digest")
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert "digest-2026-08-03.html" in names
    assert "Daily digest" in mail.get_body(("html",)).get_content()


async def test_a_mail_that_is_not_taken_is_said_and_the_files_stay(desk, tmp_path):
    made = make.write(desk, make.Order("digest", "2026-08-03", ("html",), "en"), tmp_path)
    config = MailConfig(host="127.0.0.1", port=9, security="none", sender="a@b.example", to=("c@d.example",))
    with pytest.raises(Refused, match="written and not mailed"):
        post.send(config, None, made)
    assert made.paths[0].exists()


def names_due(text: str, sent=(), **contract) -> list[str]:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Asia/Shanghai")
    found = due(begin(text), dict.fromkeys(sent), ReportsConfig(), ContractConfig(**contract), zone)
    return [one.name for one in found]


def test_reports_go_out_before_their_deadline_and_once():
    assert "monthly/2026-08/draft" in names_due("2026-08-24T08:00")
    assert "monthly/2026-08" not in names_due("2026-08-24T08:00")
    assert "monthly/2026-08" in names_due("2026-08-25T08:00")
    assert "monthly/2026-08/draft" not in names_due("2026-08-26T08:00")
    assert "kpi/2026-08" in names_due("2026-09-02T08:00")
    assert "digest/2026-08-24" in names_due("2026-08-25T08:00")
    assert "digest/2026-08-24" not in names_due("2026-08-25T07:00")
    assert "monthly/2026-08" not in names_due("2026-08-25T08:00", sent=["monthly/2026-08"])


def test_an_agent_that_was_off_makes_up_for_the_month_and_not_for_old_digests():
    found = names_due("2026-09-03T08:00")
    assert "monthly/2026-08" in found
    assert [name for name in found if name.startswith("digest")] == ["digest/2026-09-02"]


def test_the_yearly_delta_comes_before_the_anniversary():
    day = datetime(2026, 2, 10).date()
    assert "yearly/2027" in names_due("2027-01-28T08:00", handed_over=day)
    assert not any(name.startswith("yearly") for name in names_due("2026-12-28T08:00", handed_over=day))


async def test_the_clerk_makes_what_is_due_once(site, tmp_path):
    config, devices = site
    reports = config.reports.model_copy(update={"folder": tmp_path, "formats": ("csv",), "enabled": True})
    config = config.model_copy(update={"reports": reports, "state_dir": config.state_dir})
    jobs: list[Job] = []

    def do(job: Job):
        jobs.append(job)
        return work(job)

    clerk = Clerk(config, lambda: devices, None, clock=lambda: END + 8 * HOUR, do=do)
    first = await clerk.step()
    assert first == len(jobs) > 0
    assert await clerk.step() == 0
    assert any(path.name.startswith("digest-2026-08-07") for path in tmp_path.rglob("*.csv"))
    assert any(name.startswith("digest") for name in Book(config.state_dir / SERVICE_FILE).sent())


async def test_a_report_that_fails_is_tried_again_later_and_stops_nothing(site, tmp_path, caplog):
    config, devices = site
    reports = config.reports.model_copy(update={"folder": tmp_path / "r"})
    own = config.model_copy(update={"reports": reports, "state_dir": tmp_path})

    def fail(_job):
        raise Refused("no font")

    at = [END + 8 * HOUR]
    clerk = Clerk(own, lambda: devices, None, clock=lambda: at[0], do=fail)
    assert await clerk.step() == 0
    assert "no font" in caplog.text
    caplog.clear()
    assert await clerk.step() == 0
    assert "no font" not in caplog.text
    at[0] += HOUR
    await clerk.step()
    assert "no font" in caplog.text


# ---------------------------------------------------------------- follow-up


def test_a_month_has_its_draw_and_its_call(desk):
    from models.service.rounds import Month

    draws = followup.draws_of(desk.book, Month(2026, 8))
    assert [len(one.draw.chosen) for one in draws] == [1]  # 30 % of one, rounded up
    assert all(one.draw.is_true for one in draws)
    before = desk.book.tasks()
    again = followup.draw_month(desk.store, desk.book, desk.contract, Month(2026, 8), now=END, zone=desk.zone)
    assert again == []
    assert desk.book.tasks() == before


@pytest.mark.parametrize(
    ("name", "about", "said"),
    [
        ("weekly", "", "there are monthly"),
        ("monthly", "2026-13", "is no period"),
        ("yearly", "2026-08-02..2026-08-01", "is before"),
        ("device", "cam-99", "no device"),
        ("inspection", "999", "no inspection 999"),
    ],
)
def test_what_cannot_be_reported_is_said(desk, name, about, said):
    with pytest.raises(kinds.NoReport, match=said):
        kinds.build(desk, name, about)


def test_a_monitor_is_no_camera(desk):
    assert all(d.kind is not Kind.MONITOR for d in desk.devices)
    assert desk.measured(
        between(datetime(2026, 8, 1).date(), datetime(2026, 8, 2).date(), desk.zone)
    ).figures({Device("x", Kind.MONITOR, "h").id})[0].verdict in {Verdict.NOT_MEASURED, Verdict.NO_DATA}
