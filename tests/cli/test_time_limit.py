"""The limit of time of a command: it rings once, also where Python drops what it raises."""

from __future__ import annotations

import gc
import signal
import time

import pytest

from slt_theory.cli.patience import time_limit
from slt_theory.errors import TimeIsUp


def busy(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_a_command_ends_at_its_limit():
    began = time.monotonic()
    with pytest.raises(TimeIsUp), time_limit(0.05):
        busy(20)
    assert time.monotonic() - began < 10


def test_a_ring_that_falls_into_a_callback_of_the_collector_comes_again():
    rung = []

    def alarm(phase: str, info: object) -> None:
        if phase == "stop" and not rung:
            rung.append(phase)
            signal.raise_signal(signal.SIGALRM)

    def collect_and_go_on() -> None:
        with time_limit(60):
            gc.callbacks.append(alarm)
            gc.collect()
            busy(20)
            pytest.fail("the limit was lost")

    try:
        with pytest.raises(TimeIsUp):
            collect_and_go_on()
        assert rung
    finally:
        gc.callbacks.remove(alarm)


def test_an_alarm_of_somebody_else_still_rings():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    kept, _ = signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with time_limit(60):
            pass
        busy(0.5)
        assert rung
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, kept)


def test_the_limit_is_gone_after_its_block():
    with time_limit(0.1):
        pass
    busy(0.3)
