"""The store beside other processes: readers, a second agent, and kill -9 at any moment."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from agent.store import Channel, Reader, Store, StoreError, StoreInUse
from tests.agent.store.made import RTT, T0, UP, incident, report, telemetry, values

ROOT = Path(__file__).parents[3]
FOREVER = (0.0, 4e9)

# Writes for ever; prints each number once its commit is done.
WRITER = """
import sys
from pathlib import Path
from agent.store import Store
from tests.agent.store.made import *

store = Store.open(Path(sys.argv[1]))
store.begin_run(T0, "1")
first = int(sys.argv[2])
for n in range(first, first + 100000):
    at = T0 + 30.0 * n
    store.add_reports([report(at, (RTT, float(n)), (UP, 1.0))], [telemetry(n)])
    name = f"cam-{n}"
    store.commit_incidents(opened=[incident(name, at=at)], messages=[event(n)], states={name: {"n": n}})
    if n % 50 == 49:
        store.compact(at)
    print(n, flush=True)
"""


def start(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def run_and_kill(path, first, seconds):
    """Let a writer write for a while, kill it, and return the last number it said was committed."""
    process = start(WRITER, str(path), str(first))
    assert process.stdout.readline().strip() == str(first)
    threading.Timer(seconds, process.send_signal, [signal.SIGKILL]).start()
    lines = process.stdout.read().split()
    assert process.wait(10) == -signal.SIGKILL
    return int(lines[-1]) if lines else first


def test_what_was_committed_is_there_after_kill_9(path):
    done = -1
    for seconds in (0.05, 0.15, 0.3):
        done = run_and_kill(path, done + 1, seconds)
        store = Store.open(path)
        numbers = set(range(done + 1))
        assert {value for _, value in values(store.history("cam-1", RTT.name, "", *FOREVER))} >= numbers
        assert {entry.device for entry in store.open_incidents()} >= {f"cam-{n}" for n in numbers}
        assert set(store.load_states()) >= {f"cam-{n}" for n in numbers}
        for channel in (Channel.EVENT, Channel.TELEMETRY):
            kept = [int(one.message.payload) for one in store.mqtt_pending(channel, 100000)]
            assert kept == sorted(kept)
            assert set(kept) >= numbers
        assert store.health().degraded == ""
        store.close()
    assert done > 10


def test_rollups_after_kill_9_have_the_right_least_greatest_and_last(path):
    done = run_and_kill(path, 0, 0.3)
    store = Store.open(path)
    last = len(store.history("cam-1", RTT.name, "", *FOREVER)) - 1
    assert last >= done
    store.compact(T0 + 30 * last + 1)
    for hour in store.rollups("cam-1", RTT.name, "", *FOREVER):
        numbers = [n for n in range(last + 1) if hour.at <= T0 + 30 * n < hour.at + 3600]
        assert (hour.min, hour.max, hour.last) == (numbers[0], numbers[-1], numbers[-1])
        assert hour.n == len(numbers), "each of these readings is new, so none lived in memory alone"
    store.close()


def test_a_killed_run_ends_when_it_was_last_seen_and_is_not_clean(path):
    done = run_and_kill(path, 0, 0.2)
    store = Store.open(path)
    (run,) = store.runs(*FOREVER)
    store.close()
    assert not run.clean
    assert T0 <= run.seen <= T0 + 30 * (done + 2)
    assert run.seen >= T0 + 30 * done - 60


def test_a_second_agent_is_refused_until_the_first_is_gone(path):
    process = start(WRITER, str(path), "0")
    try:
        process.stdout.readline()
        for opener in (Store.open, Store.open_or_memory):
            with pytest.raises(StoreInUse, match="in use by another siteward"):
                opener(path)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    Store.open(path).close()


def test_another_process_reads_while_the_agent_writes(path):
    process = start(WRITER, str(path), "0")
    try:
        process.stdout.readline()
        with Reader(path) as reader:
            seen = []
            until = time.monotonic() + 10
            while len(set(seen)) < 3 and time.monotonic() < until:
                seen.append(len(reader.open_incidents()))
            assert seen == sorted(seen)
            assert len(set(seen)) >= 3
            assert {one.metric for one in reader.newest("cam-1", T0)} == {RTT.name, UP.name}
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_reader_says_when_there_is_nothing_to_read(path):
    with pytest.raises(StoreError, match="has the agent run yet"):
        Reader(path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 5000)
    with pytest.raises(StoreError, match="is damaged"):
        Reader(path)


async def test_coroutines_write_without_holding_up_the_loop(store):
    await store.async_add_reports([report(T0, (UP, 1.0))], [telemetry(1)])
    await store.async_commit_incidents(opened=[incident()])
    assert len(store.open_incidents()) == 1
    assert len(store.history("cam-1", UP.name, "", *FOREVER)) == 1


async def test_a_coroutine_that_is_cancelled_harms_nobody_and_its_reports_are_kept(store):
    holding, go = threading.Event(), threading.Event()
    blocked = store._writer.submit(lambda _db: (holding.set(), go.wait(10)))
    await asyncio.to_thread(holding.wait, 10)
    task = asyncio.create_task(store.async_add_reports([report(T0, (UP, 1.0))]))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()
    await asyncio.to_thread(blocked.result, 10)
    store.add_reports([report(T0 + 60, (UP, 0.0))])
    assert len(store.history("cam-1", UP.name, "", *FOREVER)) == 2


def test_many_threads_may_write_at_once(store):
    def write(device):
        for n in range(50):
            store.add_reports([report(T0 + n, (RTT, float(n)), device=device)])

    threads = [threading.Thread(target=write, args=(f"cam-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n in range(8):
        assert len(store.history(f"cam-{n}", RTT.name, "", *FOREVER)) == 50


def test_a_closed_store_says_so(path):
    store = Store.open(path)
    store.close(T0)
    store.close(T0)
    with pytest.raises(StoreError, match="closed"):
        store.add_reports([report(T0)])
