import os
import time

from agent.store import Store
from models.facts import Picture
from tests.agent.store.made import T0

JPEG = Picture(b"\xff\xd8picture", 640, 360, part="main")


def test_a_picture_is_kept_until_it_expires_and_then_the_file_is_gone(store):
    kept = store.add_picture("cam-1", JPEG, at=T0, keep_seconds=100)
    assert kept.path.read_bytes() == JPEG.jpeg
    assert store.picture(kept.id) == kept
    store.compact(T0 + 99)
    assert kept.path.exists()
    store.compact(T0 + 100)
    assert store.picture(kept.id) is None
    assert not kept.path.exists()


def test_pictures_are_for_the_agents_user_only(store):
    kept = store.add_picture("cam-1", JPEG, at=T0, keep_seconds=100)
    assert kept.path.stat().st_mode & 0o077 == 0
    assert kept.path.parent.stat().st_mode & 0o077 == 0


def test_a_file_that_a_killed_agent_never_noted_is_removed_after_an_hour(store):
    kept = store.add_picture("cam-1", JPEG, at=T0, keep_seconds=1e9)
    orphan = kept.path.with_name("orphan.jpg")
    orphan.write_bytes(b"x")
    now = time.time()
    os.utime(orphan, (now, now))
    store.compact(now + 60)
    assert orphan.exists()
    store.compact(now + 4000)
    assert not orphan.exists()
    assert kept.path.exists()


def test_pictures_move_with_the_state_folder(store, path, tmp_path):
    kept = store.add_picture("cam-1", JPEG, at=T0, keep_seconds=100)
    store.close()
    moved = tmp_path / "elsewhere"
    path.parent.rename(moved)
    again = Store.open(moved / path.name)
    assert again.picture(kept.id).path.read_bytes() == JPEG.jpeg
    again.close()
