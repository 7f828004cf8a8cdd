"""A running agent over a simulated site, its pages, and people who log in."""

import asyncio
import re
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import requests

from agent.web.roles import Permission, Role
from simulator.site import DeviceSpec
from tests.agent import site_rig
from tests.agent.site_rig import Scene

PASSWORD = "a long enough secret"
LOST = "test/cam-1/-/REACH_LOST"


@dataclass
class Person:
    """Somebody with a browser that keeps cookies and follows no redirect."""

    base: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **more):
        return self.session.get(self.base + path, timeout=20, allow_redirects=False, **more)

    def post(self, path: str, **form):
        return self.session.post(self.base + path, data=form, timeout=20, allow_redirects=False)

    def csrf(self, path: str = "/") -> str:
        return re.search(r'name="csrf" value="(\w+)"', self.get(path).text)[1]

    def act(self, path: str, **form):
        return self.post(path, csrf=self.csrf(), **form)


@dataclass
class Served:
    """The site as people reach it."""

    scene: Scene
    loop: asyncio.AbstractEventLoop
    people: dict[Role, Person] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.scene.agent.port}"

    def nobody(self) -> Person:
        return Person(self.base)

    def person(self, role: Role, *, anew: bool = False) -> Person:
        """Return somebody of a role, logged in; the same one as before unless `anew`."""
        if role not in self.people or anew:
            self.people[role] = self._logged_in(role)
        return self.people[role]

    def _logged_in(self, role: Role) -> Person:
        accounts = self.scene.agent.accounts
        if role.value not in {one.name for one in accounts.all()}:
            accounts.add(role.value, role, PASSWORD, time.time(), full_name=f"A {role.value}")
        someone = self.nobody()
        if role is not Role.SERVICE:
            answer = someone.post("/login", user=role.value, password=PASSWORD, next="/devices")
            assert (answer.status_code, answer.headers["location"]) == (303, "/devices")
        return someone

    def program(self, *scopes: Permission) -> Person:
        """Return a program with a token."""
        self.person(Role.SERVICE)
        accounts = self.scene.agent.accounts
        token = accounts.add_token(
            "service", f"t{time.monotonic_ns()}", frozenset(scopes), time.time(), expires=None
        )
        someone = self.nobody()
        someone.session.headers["authorization"] = f"Bearer {token}"
        return someone

    def there(self, function, *arguments):
        """Call something in the agent's loop."""

        async def call():
            return function(*arguments)

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(20)

    def ticket(self, key: str = LOST) -> int:
        """Return the number of the newest ticket of an incident."""
        return next(t.number for t in self.scene.agent.local_helpdesk.tickets() if t.key == key)


def soon(found, seconds=20.0):
    """Wait until something is there, and return it."""
    until = time.monotonic() + seconds
    while not (seen := found()):
        assert time.monotonic() < until, "it never came"
        time.sleep(0.1)
    return seen


async def one_lost(scene: Scene) -> None:
    """Switch the first camera off and wait for its ticket."""
    await scene.all_ok()
    scene.world.switch_on("cam-1", "off")
    await scene.ticket("cam-1/-/REACH_LOST")


async def up(_scene: Scene) -> None:
    """Wait for nothing: the pages are served."""


TWO: Final = (site_rig.camera(1, name="North gate", place="Gate N"), site_rig.camera(2, name="Lobby <&>"))


@contextmanager
def served(
    folder: Path,
    *,
    devices: Sequence[DeviceSpec] = TWO,
    until: Callable[[Scene], Awaitable[None]] = one_lost,
    **settings,
) -> Iterator[Served]:
    """Run a site with its agent, from when `until` is done; by itself two cameras of which one is off."""
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    found: list[Scene] = []
    failed: list[BaseException] = []

    async def live() -> None:
        try:
            async with site_rig.watched(folder, *devices, **settings) as scene:
                await until(scene)
                found.append(scene)
                ready.set()
                await stop.wait()
        except BaseException as err:
            failed.append(err)
            ready.set()
            raise

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),), daemon=True)
    thread.start()
    try:
        assert ready.wait(90), "the site did not come up"
        assert not failed, failed
        yield Served(found[0], loop)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()
