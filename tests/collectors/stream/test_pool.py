"""Worker processes that hang, crash or leak cost one check, and none outlives the agent."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from collectors.base import Busy
from collectors.stream.job import StreamJob
from collectors.stream.pool import WorkerDied, WorkerPool
from models.facts import Login, Secret

HERE = Path(__file__).parent
WORK = "stream_jobs:play"
PASSWORD = "pa:ss@wo/rd%20ü"


def job(path: str) -> StreamJob:
    return StreamJob("127.0.0.1", 554, path, login=Login("viewer", Secret(PASSWORD)))


@asynccontextmanager
async def running(**options):
    pool = WorkerPool(work=WORK, path=(str(HERE),), **options)
    try:
        yield pool
    finally:
        await pool.close()


async def pid(pool: WorkerPool) -> int:
    return int((await pool.run(job("/pid"), 20)).values["pid"])


async def test_a_worker_is_another_process_and_is_kept_for_the_next_job():
    async with running(size=1) as pool:
        first = await pid(pool)
        assert first != os.getpid()
        assert await pid(pool) == first


async def test_a_hanging_job_is_killed_at_its_deadline_and_the_next_job_runs():
    async with running(size=1) as pool:
        first = await pid(pool)
        with pytest.raises(TimeoutError, match="not read in"):
            await pool.run(job("/hang"), 0.3)
        assert not psutil.pid_exists(first)
        assert await pid(pool) != first


async def test_a_crash_of_the_decoder_costs_one_job_and_says_what_killed_it():
    async with running(size=1) as pool:
        with pytest.raises(WorkerDied, match="SIGSEGV"):
            await pool.run(job("/crash"), 20)
        assert await pid(pool)


async def test_the_deadline_starts_when_a_worker_takes_the_job_not_in_the_queue():
    async with running(size=1) as pool:
        await pid(pool)
        hanging = asyncio.create_task(pool.run(job("/hang"), 1.5))
        await asyncio.sleep(0.1)
        waited = asyncio.create_task(pool.run(job("/pid"), 1.0))  # queued for longer than its own deadline
        with pytest.raises(TimeoutError):
            await hanging
        assert (await waited).values["pid"]


async def test_a_cancelled_check_frees_its_worker():
    async with running(size=1) as pool:
        first = await pid(pool)
        task = asyncio.create_task(pool.run(job("/hang"), 60))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not psutil.pid_exists(first)
        assert await pid(pool)


async def test_workers_run_side_by_side_and_never_more_than_the_pool_is_large():
    async with running(size=2) as pool:
        tasks = [asyncio.create_task(pool.run(job("/hang"), 0.8)) for _ in range(3)]
        await asyncio.sleep(0.7)
        assert len(psutil.Process().children()) == 2
        assert all(
            isinstance(end, TimeoutError) for end in await asyncio.gather(*tasks, return_exceptions=True)
        )


async def test_a_worker_is_renewed_after_its_number_of_jobs():
    async with running(size=1, jobs_each=2) as pool:
        pids = [await pid(pool) for _ in range(4)]
        assert pids[0] == pids[1] != pids[2] == pids[3]


async def test_a_worker_is_renewed_when_its_memory_has_grown():
    async with running(size=1, growth_bytes=60 << 20) as pool:
        pids = [int((await pool.run(job("/leak"), 20)).values["pid"]) for _ in range(4)]
        assert pids[0] == pids[1] == pids[2] != pids[3]


async def test_a_worker_killed_while_idle_is_replaced():
    async with running(size=1) as pool:
        first = await pid(pool)
        os.kill(first, signal.SIGKILL)
        for _ in range(1500):  # half a minute
            if not psutil.pid_exists(first):
                break
            await asyncio.sleep(0.02)
        assert await pid(pool) != first


async def test_a_named_refusal_keeps_its_name_and_its_worker():
    async with running(size=1) as pool:
        first = await pid(pool)
        with pytest.raises(Busy, match="no room"):
            await pool.run(job("/busy"), 20)
        assert await pid(pool) == first


async def test_an_unforeseen_error_leaves_the_worker_as_its_type_only():
    async with running(size=1) as pool:
        with pytest.raises(RuntimeError, match="ValueError") as caught:
            await pool.run(job("/bug"), 20)
        assert PASSWORD not in str(caught.value)


async def test_a_login_with_special_characters_arrives_unchanged_and_is_not_in_the_command_line():
    async with running(size=1) as pool:
        assert PASSWORD in (await pool.run(job("/login"), 20)).values
        (child,) = psutil.Process().children()
        assert PASSWORD not in " ".join(child.cmdline())


async def test_a_worker_knows_nothing_of_the_agents_environment(monkeypatch):
    monkeypatch.setenv("SITEWARD_SECRET", "x")
    async with running(size=1) as pool:
        assert "SITEWARD_SECRET" not in (await pool.run(job("/environment"), 20)).values


async def test_a_library_that_prints_does_not_disturb_the_pipe():
    async with running(size=1) as pool:
        assert (await pool.run(job("/noise"), 20)).values["pid"]


async def test_a_picture_comes_back_byte_for_byte():
    async with running(size=1) as pool:
        result = await pool.run(job("/jpeg"), 20)
        assert (result.jpeg, result.width, result.height) == (bytes(range(256)), 3, 2)


async def test_a_worker_is_named_for_operators_and_polite():
    async with running(size=1) as pool:
        child = psutil.Process(await pid(pool))
        assert (Path("/proc") / str(child.pid) / "comm").read_text().strip() == "siteward-stream"
        assert child.nice() >= psutil.Process().nice() + 5


async def test_work_that_cannot_be_loaded_is_said_and_leaves_no_process():
    pool = WorkerPool(1, work="no_such_module:f")
    with pytest.raises(RuntimeError, match="no_such_module"):
        await pool.run(job("/"), 5)
    await pool.close()
    assert psutil.Process().children() == []


async def test_close_leaves_no_process_even_in_the_middle_of_a_job():
    pool = WorkerPool(2, work=WORK, path=(str(HERE),))
    await pid(pool)
    task = asyncio.create_task(pool.run(job("/hang"), 60))
    await asyncio.sleep(0.2)
    await pool.close()
    assert psutil.Process().children() == []
    with pytest.raises(WorkerDied):
        await task
    with pytest.raises(RuntimeError, match="closed"):
        await pool.run(job("/pid"), 5)


PARENT = """
import asyncio, sys
from collectors.stream.job import StreamJob
from collectors.stream.pool import WorkerPool

async def main():
    pool = WorkerPool(2, work="stream_jobs:play", path=(sys.argv[1],))
    result = await pool.run(StreamJob("127.0.0.1", 554, "/pid"), 20)
    print(int(result.values["pid"]), flush=True)
    await asyncio.gather(*(pool.run(StreamJob("127.0.0.1", 554, "/hang"), 60) for _ in range(2)))

asyncio.run(main())
"""


def test_no_worker_outlives_an_agent_that_was_killed():
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(HERE)], stdout=subprocess.PIPE, cwd=HERE.parents[2], text=True
    ) as parent:
        parent.stdout.readline()
        workers = []
        for _ in range(200):
            workers = psutil.Process(parent.pid).children()
            if len(workers) == 2:
                break
            time.sleep(0.02)
        assert len(workers) == 2
        parent.kill()
        parent.wait()
        _, alive = psutil.wait_procs(workers, timeout=10)
        assert alive == []
