"""One site for all tests of the pages: it comes up once."""

import pytest

from tests.agent.web.rig import served


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    with served(tmp_path_factory.mktemp("site")) as found:
        yield found
