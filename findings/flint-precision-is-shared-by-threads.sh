#!/usr/bin/env bash
# What happens: flint.ctx is one for all threads: workprec(333) in one thread changes the precision that another computes with.
# Versions: python-flint 0.9.0
# A good guess, written down before the run: a context per thread, as decimal has it: the other thread stays at 53 bits.
# Who meets it: balls computed in a thread pool, each task with its own `with ctx.workprec(...)`: still enclosures, but of a width that depends on the other tasks.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check python-flint==0.9.0
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import decimal
import threading

from flint import arb, ctx

inside, looked = threading.Event(), threading.Event()
seen = []


def other():
    inside.wait()
    seen.extend([ctx.prec, arb(2).sqrt().rel_accuracy_bits(), decimal.getcontext().prec])
    looked.set()


thread = threading.Thread(target=other)
thread.start()
with ctx.workprec(333), decimal.localcontext(prec=99):
    inside.set()
    looked.wait()
thread.join()
print("bits in the other thread:", seen[0], "accuracy there:", seen[1])
print("digits of decimal there:", seen[2])
assert seen[0] == 333 and seen[1] > 300 and seen[2] == 28
assert ctx.prec == 53
PYTHON
