"""Looks behind an executor: on this machine, and on a cluster."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from collectors.base import Busy
from collectors.stream import executor
from collectors.stream.executor import ClusterError, LocalExecutor, Spread, cluster_executor, look_at
from collectors.stream.job import StreamJob
from collectors.stream.pool import WorkerPool
from models.facts import Login, Secret

HERE = Path(__file__).parent
LOGIN = Login("viewer", Secret("pa:ss"))


def local(size=1, **more) -> LocalExecutor:
    return LocalExecutor(size, work="stream_jobs:play", path=(str(HERE),), **more)


def job(path):
    return StreamJob("127.0.0.1", 554, path, login=LOGIN)


async def test_a_job_goes_through_the_executor_and_its_outcome_comes_back():
    spread = Spread(local(), 1)
    result = await spread.run(job("/jpeg"), 20)
    assert (result.jpeg, result.width) == (bytes(range(256)), 3)
    with pytest.raises(Busy, match="no room"):
        await spread.run(job("/busy"), 20)
    await spread.close()
    assert psutil.Process().children() == []


async def test_hang_crash_and_bug_keep_their_names_through_the_executor():
    spread = Spread(local(2), 2)
    await spread.run(job("/pid"), 20)
    with pytest.raises(TimeoutError, match="not read in"):
        await spread.run(job("/hang"), 0.3)
    with pytest.raises(executor.CollectError, match="SIGSEGV"):
        await spread.run(job("/crash"), 20)
    with pytest.raises(RuntimeError, match="ValueError"):
        await spread.run(job("/bug"), 20)
    await spread.close()


async def test_a_cancelled_check_kills_its_worker_at_once():
    spread = Spread(local(), 1)
    pid = int((await spread.run(job("/pid"), 20)).values["pid"])
    task = asyncio.create_task(spread.run(job("/hang"), 60))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(100):
        if not psutil.pid_exists(pid):
            break
        await asyncio.sleep(0.02)
    assert not psutil.pid_exists(pid)
    await spread.close()


def test_the_executor_does_one_kind_of_work_and_none_after_its_end():
    pool = local()
    with pytest.raises(ValueError, match="look_at"):
        pool.submit(print, b"")
    pool.shutdown()
    pool.shutdown()
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(look_at, b"", 1)


def test_shutting_down_leaves_nothing_even_in_the_middle_of_a_job():
    pool = local()
    hanging = pool.submit(look_at, executor.pack_job(job("/hang")), 60)
    begin = time.monotonic()
    while not psutil.Process().children():
        assert time.monotonic() - begin < 20
        time.sleep(0.02)
    pool.shutdown()
    assert psutil.Process().children() == []
    assert hanging.done() or hanging.cancelled()


async def test_any_executor_will_do_since_each_looks_in_a_killable_process_of_its_own(monkeypatch):
    here = local(2)
    monkeypatch.setattr(executor, "_here", lambda: here)
    with ThreadPoolExecutor(2) as threads:
        spread = Spread(threads, 2)
        results = await asyncio.gather(*(spread.run(job("/pid"), 20) for _ in range(2)))
        with pytest.raises(TimeoutError):
            await spread.run(job("/hang"), 0.3)
    assert all(result.values["pid"] for result in results)
    here.shutdown()


def test_a_cluster_that_is_not_there_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"siteward\[cluster\]"):
        cluster_executor("tcp://127.0.0.1:1")


@pytest.mark.real
async def test_a_dask_cluster_looks_in_our_place():
    """Its worker is another process, and the look runs in a killable one below that."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        spread = Spread(cluster_executor(cluster.scheduler_address), 2)
        with pytest.raises(executor.CollectError, match="refused the connection"):
            await spread.run(StreamJob("127.0.0.1", 1, "/", LOGIN), 20)
        await spread.close()


async def test_workers_of_the_pool_itself_speak_the_same_errors():
    pool = WorkerPool(1, work="stream_jobs:play", path=(str(HERE),))
    with pytest.raises(Busy):
        await pool.run(job("/busy"), 20)
    await pool.close()
