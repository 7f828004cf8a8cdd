"""The breaker that keeps a wrong password from locking an account."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import AuthRejected, Busy
from collectors.guard import PLACE_SECONDS, LoginGuard
from models.facts import Device, Kind, Login, Secret


def camera(password="first", device_id="cam-1"):
    return Device(device_id, Kind.CAMERA, "127.0.0.1", login=Login("viewer", Secret(password)))


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def guard(clock):
    return LoginGuard(clock)


def refuse(guard, device, times=1):
    for _ in range(times):
        guard.check(device)
        guard.refused(device)


def test_one_refusal_leaves_one_more_try(guard):
    refuse(guard, camera())
    guard.check(camera())


def test_the_second_refusal_closes_the_door(guard):
    refuse(guard, camera(), 2)
    with pytest.raises(AuthRejected, match=r"cam-1 refused user 'viewer'.* not asking again for 3600 s"):
        guard.check(camera())


def test_who_is_held_back_and_for_how_long_is_told(guard, clock):
    refuse(guard, camera(), 2)
    refuse(guard, camera(device_id="cam-2"))
    clock.now += 600
    assert guard.held_back() == {"cam-1": 3000.0}
    clock.now += 3000
    assert guard.held_back() == {}


def test_an_hour_after_a_refusal_one_more_try_is_allowed(guard, clock):
    refuse(guard, camera(), 2)
    clock.now += 3600
    guard.check(camera())


def test_refusals_a_while_apart_count_for_an_hour_each(guard, clock):
    refuse(guard, camera())
    clock.now += 1800
    refuse(guard, camera())
    clock.now += 1800
    refuse(guard, camera())
    with pytest.raises(AuthRejected, match="1800 s"):
        guard.check(camera())


def test_an_accepted_login_forgives(guard):
    refuse(guard, camera())
    guard.check(camera())
    guard.accepted(camera())
    refuse(guard, camera())
    guard.check(camera())


def test_another_password_starts_fresh(guard):
    refuse(guard, camera("first"), 2)
    guard.check(camera("second"))


def test_going_back_to_the_refused_password_does_not(guard):
    refuse(guard, camera("first"), 2)
    guard.check(camera("second"))
    with pytest.raises(AuthRejected):
        guard.check(camera("first"))


def test_devices_do_not_share_a_breaker(guard):
    refuse(guard, camera(), 2)
    guard.check(camera(device_id="cam-2"))


def test_a_device_without_a_login_is_never_held_back(guard):
    anybody = Device("cam-1", Kind.CAMERA, "127.0.0.1")
    for _ in range(5):
        guard.check(anybody)
        guard.refused(anybody)


def test_when_the_device_says_one_attempt_is_left_it_is_not_used(guard):
    guard.check(camera())
    guard.refused(camera(), attempts_left=1)
    with pytest.raises(AuthRejected):
        guard.check(camera())


def test_an_unproven_login_is_tried_by_two_at_once_and_not_by_a_third(guard):
    guard.check(camera())
    guard.check(camera())
    with pytest.raises(Busy):
        guard.check(camera())


def test_a_proven_login_is_used_by_any_number_at_once(guard):
    guard.check(camera())
    guard.accepted(camera())
    for _ in range(10):
        guard.check(camera())


def test_an_attempt_without_an_outcome_gives_its_place_back(guard):
    guard.check(camera())
    guard.check(camera())
    guard.undecided(camera())
    guard.check(camera())


def test_a_caller_that_died_does_not_hold_its_place_for_ever(guard, clock):
    guard.check(camera())
    guard.check(camera())
    clock.now += PLACE_SECONDS
    guard.check(camera())


def test_a_released_device_may_be_asked_again(guard):
    refuse(guard, camera(), 2)
    guard.release("cam-1")
    guard.check(camera())


def test_looking_takes_no_place(guard):
    for _ in range(5):
        guard.check_only(camera())
    guard.check(camera())


def test_the_password_is_in_no_message(guard):
    refuse(guard, camera("hunter2"), 2)
    with pytest.raises(AuthRejected) as caught:
        guard.check(camera("hunter2"))
    assert "hunter2" not in str(caught.value)


def test_many_threads_with_a_wrong_password_are_refused_twice(guard):
    refused = []

    def attempt():
        for _ in range(20):
            try:
                guard.check(camera())
            except (AuthRejected, Busy):
                continue
            refused.append(1)
            guard.refused(camera())

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 2


@given(pauses=st.lists(st.floats(0, 4000), max_size=60), limit=st.integers(1, 4))
def test_no_window_ever_holds_more_refusals_than_the_limit(pauses, limit):
    clock = Clock()
    guard = LoginGuard(clock, retry_seconds=3600.0, limit=limit)
    refusals = []
    for pause in pauses:
        clock.now += pause
        try:
            guard.check(camera())
        except AuthRejected:
            continue
        guard.refused(camera())
        refusals.append(clock.now)
    assert all(sum(1 for at in refusals if 0 <= at - first < 3600) <= limit for first in refusals)
