"""What cameras usually show: kept, begun anew, told to workers, and asked for on the command line."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from agent.baseline import jpeg_of, rows_of
from agent.cli import app
from agent.files import STORE_FILE
from agent.references import PictureReferences, Surroundings, is_quiet
from agent.store import Store
from agent.sun import LocationConfig, elevation_over
from collectors.stream.envelope import Envelope, read_envelope
from collectors.stream.pictures import Frame, folded, look_at
from collectors.stream.pictures.reference import Book
from models.facts import FaultKey, Finding, Phase
from models.picture_look import UNFIT

T0 = 1_700_000_000.0
LAST = bytes(1152)


def packed_book() -> bytes:
    rng = np.random.default_rng(2)
    luma = np.kron(rng.integers(20, 220, (18, 32)), np.ones((20, 20))).astype(np.uint8)
    return folded(Book(), look_at([Frame(luma)])).pack()


def plain_book() -> bytes:
    return folded(Book(), look_at([Frame(np.full((360, 640), 90, np.uint8))])).pack()


BOOK = packed_book()


@pytest.fixture
def store(tmp_path):
    with_store = Store.open(tmp_path / STORE_FILE)
    yield with_store
    with_store.close()


class Site:
    """A site whose clock is set by hand; `findings` are those of all cameras."""

    def __init__(self, store: Store) -> None:
        self.now = T0
        self.findings: list[Finding] = []
        self.store = store
        self.begin()

    def begin(self) -> None:
        around = Surroundings(lambda _device: self.findings, sun=lambda _at: 12.5)
        self.known = PictureReferences(self.store, wall=lambda: self.now, around=around)

    def learn(self, device: str = "cam-1", *, learnt: bool = True) -> None:
        self.now += 60
        head = {"learnt": True} if learnt else {"label": "IMG_COVER"}
        self.known.learnt(device, "sub", Envelope(head, LAST, BOOK).pack())

    def told(self, device: str = "cam-1") -> Envelope:
        return read_envelope(self.known.of(device, "sub"))


def finding(code: str, phase: Phase, since: float = 0.0) -> Finding:
    return Finding(FaultKey("cam-1", "sub", code), phase, since)


def test_what_was_learnt_is_told_at_the_next_look_and_after_a_restart(store):
    site = Site(store)
    assert site.told().book == b""
    site.learn()
    assert (site.told().book, site.told().last, site.told().head["sun"]) == (BOOK, LAST, 12.5)
    store.references()  # waits for what was handed in before
    site.begin()
    assert (site.told().book, site.told().last) == (BOOK, b"")


def test_a_look_that_was_not_quiet_is_only_the_last_one(store):
    site = Site(store)
    site.learn(learnt=False)
    assert (site.told().last, site.told().book) == (LAST, b"")
    assert site.known.known() == []


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.OPEN, Phase.RECOVERING])
def test_nothing_is_learnt_while_a_fault_of_the_picture_stands(store, phase):
    site = Site(store)
    site.findings = [finding("IMG_COVER", phase)]
    assert site.told().head["learn"] is False
    site.findings = [finding("IMG_COVER", Phase.OK), finding("CLOCK_OFFSET", phase)]
    assert site.told().head["learn"] is True


def test_accepting_a_view_begins_a_new_epoch_and_keeps_the_old_one(store):
    site = Site(store)
    site.learn()
    assert site.known.accept("cam-1", "Li Wei") == 1
    assert site.told().book == b""
    site.learn()
    kept = [(page.epoch, page.why, page.who, page.blob) for page in store.references("cam-1")]
    assert kept == [(1, "commissioned", "siteward", BOOK), (2, "accepted", "Li Wei", BOOK)]
    audit = store.audit("device/cam-1", 0)
    assert [(entry.who, entry.what) for entry in audit] == [("Li Wei", "reference pictures accepted")]


def test_a_reset_forgets_past_epochs_too(store):
    site = Site(store)
    site.learn()
    site.known.reset("cam-1", "Li Wei")
    assert [(page.epoch, page.why, page.blob) for page in store.references("cam-1")] == [(2, "reset", b"")]


def test_old_epochs_are_dropped_in_the_end(store):
    site = Site(store)
    for _ in range(6):
        site.learn()
        site.known.accept("cam-1", "Li Wei")
    assert [page.epoch for page in store.references("cam-1")] == [5, 6, 7]


def test_of_a_camera_that_was_never_seen_nothing_is_accepted(store):
    assert Site(store).known.accept("cam-9", "Li Wei") == 0


def test_another_camera_in_its_place_is_learnt_anew_once(store):
    site = Site(store)
    site.learn()
    site.findings = [finding("REPLACED", Phase.OPEN, site.now + 5)]
    site.now += 60
    assert site.told().book == b""
    site.findings.append(finding("IMG_COVER", Phase.OK))
    site.learn()
    assert site.told().book == BOOK
    assert [page.why for page in site.known.known()] == ["swapped"]


def test_a_camera_that_left_is_forgotten(store):
    site = Site(store)
    site.learn()
    site.learn("cam-2")
    site.known.forget("cam-1")
    assert [page.device for page in site.known.known()] == ["cam-2"]
    assert [page.device for page in store.references()] == ["cam-2"]


@given(st.binary(max_size=300))
def test_rubbish_from_a_worker_teaches_nothing(blob):
    class Nowhere:
        def references(self, device=""):
            return []

    known = PictureReferences(Nowhere(), wall=lambda: T0, around=Surroundings())
    known.learnt("cam-1", "sub", b"x" + blob)
    assert known.known() == []


def test_only_faults_of_the_picture_or_its_stream_disturb():
    assert is_quiet([finding("CLOCK_OFFSET", Phase.OPEN), finding("IMG_BLUR", Phase.UNKNOWN)])
    assert not is_quiet([finding("STREAM_LOSS", Phase.PENDING)])


def test_a_reference_can_be_shown(store):
    site = Site(store)
    site.learn()
    (page,) = site.known.known()
    (row,) = rows_of(page)
    assert (row["mode"], row["looks"], row["epoch"]) == ("night", 1, 1), "a picture without colour"
    assert jpeg_of(page).startswith(b"\xff\xd8")
    assert jpeg_of(page, "day") == b""


def test_the_sun_stands_high_at_noon_and_low_at_midnight():
    over = elevation_over(LocationConfig(latitude=31.2, longitude=121.5))
    noon, midnight = (
        over(1_718_942_400.0 + 3600 * hour) for hour in (0, 12)
    )  # 21 June 2024, 12:00 at Shanghai
    assert noon is not None
    assert midnight is not None
    assert noon > 70
    assert midnight < -20
    assert elevation_over(None)(T0) is None


# ---------------------------------------------------------------- the command


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "site.yaml").write_text("site: test\ninventory: devices.csv\nstate_dir: var\n")
    (tmp_path / "devices.csv").write_text("id,kind,host\ncam-1,camera,127.0.0.9\ncam-2,camera,127.0.0.8\n")
    (tmp_path / "var").mkdir()
    with_store = Store.open(tmp_path / "var" / STORE_FILE)
    Site(with_store).learn()
    with_store.close()
    return tmp_path


def ran(folder, *words):
    return CliRunner().invoke(app, ["baseline", *words, "-c", str(folder / "site.yaml")])


def test_the_command_shows_and_writes_the_pictures(folder):
    done = ran(folder, "show", "cam-1", "--pictures", str(folder))
    assert done.exit_code == 0, done.output
    assert "epoch 1" in done.output
    assert (folder / "cam-1-sub-night-1.jpg").read_bytes().startswith(b"\xff\xd8")


def test_the_command_accepts_where_no_agent_runs(folder):
    assert ran(folder, "accept", "cam-1", "--who", "Li Wei").exit_code == 0
    shown = ran(folder, "show", "cam-1", "--json").output
    assert '"why": "accepted", "who": "Li Wei"' in shown
    assert ran(folder, "reset", "cam-1", "--who", "Li Wei").exit_code == 0
    assert '"epoch": 2' not in ran(folder, "show", "cam-1", "--json").output


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("show", "cam-2"), 1, "nothing was learnt"),
        (("show", "cam-9"), 2, "no device"),
        (("accept", "cam-1", "--who", " "), 2, "say who"),
        (("reset", "cam-2", "--who", "Li Wei"), 1, "nothing was learnt"),
    ],
)
def test_the_command_says_what_is_wrong(folder, words, status, said):
    done = ran(folder, *words)
    assert (done.exit_code, said in done.output) == (status, True), done.output


# ---------------------------------------------------------------- pictures that must not become a reference


def seen_unfit(site, number):
    site.now += 60
    site.known.learnt("cam-1", "sub", Envelope({"unfit": number}, LAST).pack())


def test_a_picture_that_cannot_be_a_reference_is_waited_out_and_said_so(folder):
    store = Store.open(folder / "var" / STORE_FILE)
    site = Site(store)
    site.known.reset("cam-1", "Li Wei")
    store.drop_references("cam-1")
    site.begin()
    seen_unfit(site, UNFIT["blurred"])
    seen_unfit(site, UNFIT["blurred"])
    assert [(page.why, page.blob) for page in site.known.known()] == [("waits: blurred", b"")]
    store.references()
    store.close()
    assert "commissioning waits: the picture is out of focus" in ran(folder, "show", "cam-1").output


def test_it_is_commissioned_once_the_picture_is_good(store):
    site = Site(store)
    seen_unfit(site, UNFIT["black"])
    site.learn()
    assert [(page.why, page.epoch) for page in site.known.known()] == [("commissioned", 1)]


def test_what_an_operator_accepts_is_learnt_whatever_it_shows(store):
    site = Site(store)
    seen_unfit(site, UNFIT["flat"])
    assert "accepted" not in site.told().head
    site.known.accept("cam-1", "Li Wei")
    assert site.told().head["accepted"] is True
    site.known.reset("cam-1", "Li Wei")
    assert "accepted" not in site.told().head


def test_a_reference_with_far_less_structure_than_the_others_is_doubted(folder):
    store = Store.open(folder / "var" / STORE_FILE)
    site = Site(store)
    for number in range(4):
        site.learn(f"other-{number}")
    page = next(page for page in site.known.known() if page.device == "cam-1")
    store.keep_reference(replace(page, blob=plain_book()))
    store.references()
    store.close()
    assert "look whether it is covered or out of focus" in ran(folder, "show", "cam-1").output
