import pytest

from agent.store import Store


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "siteward.db"


@pytest.fixture
def store(path):
    store = Store.open(path)
    yield store
    store.close()
