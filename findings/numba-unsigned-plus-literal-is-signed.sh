#!/usr/bin/env bash
# What happens: numba compiles uint64 + 1 to int64, and sums beyond 2^63 turn negative; numpy 2 keeps uint64. Shifts stay unsigned.
# Versions: numba 0.68.1, numpy 2.4.6
# A good guess, written down before the run: uint64, as numpy since 2.0 has it (or float64, as before).
# Who meets it: counter-based generators and hashes in compiled code: 64-bit words must meet unsigned constants only.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check numba==0.68.1 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numba
import numpy as np


@numba.njit
def add(x):
    return x + 1


@numba.njit
def shift(x, k):
    return x >> k


@numba.njit
def unsigned(x):
    return x + np.uint64(1)


word = np.uint64(2**63 + 5)
print("numba + 1:", add(word), "numpy + 1:", word + 1)
assert add(word) == 2**63 + 6 - 2**64
assert word + 1 == 2**63 + 6
assert shift(word, np.int64(3)) == int(word) >> 3
assert int(unsigned(word)) == 2**63 + 6
PYTHON
