#!/usr/bin/env bash
# What happens: once a Hypothesis test has run, its callback of the garbage collector stays; an alarm that falls into a collection is served inside that callback, and the exception that the handler raises is dropped: the time limit never ends the program.
# Versions: hypothesis 6.170.17, Python 3.11 to 3.13
# A good guess, written down before the run: the handler of a signal runs late, after the collection, but what it raises reaches the main program, as it does without Hypothesis.
# Who meets it: time limits by SIGALRM (setitimer) in programs or test suites with large heaps; sys.unraisablehook sees the loss.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check hypothesis==6.170.17
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import gc
import signal
import sys
import time

from hypothesis import given, settings
from hypothesis.strategies import integers


class TimeIsUp(Exception):
    pass


def ring(number, frame):
    raise TimeIsUp


def limited():
    """What a limit of 50 ms does to a collection that takes longer, and to what follows."""
    signal.signal(signal.SIGALRM, ring)
    began = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        gc.collect()
        assert time.monotonic() - began > 0.1, "the collection was too short for the alarm"
        time.sleep(0.5)
    except TimeIsUp:
        return "ends"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "goes on"


@settings(max_examples=1, database=None)
@given(integers())
def any_test(number):
    pass


lost = []
sys.unraisablehook = lambda what: lost.append(what.exc_type.__name__)
heap = [[k] for k in range(4_000_000)]
alone = limited()
print("alone: the program", alone, "- dropped:", lost)
assert (alone, lost) == ("ends", [])
any_test()
after = limited()
print("after a test of Hypothesis: the program", after, "- dropped:", lost)
assert (after, lost) == ("goes on", ["TimeIsUp"])
PYTHON
