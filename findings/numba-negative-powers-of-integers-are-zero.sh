#!/usr/bin/env bash
# What happens: numba computes an int64 to a negative int64 power as an integer, silently: 2 ** -1 with both in variables is 0, and so is 3 ** -2.
# Versions: numba 0.68.1, numpy 2.4.6
# A good guess, written down before the run: 0.5 as in Python, or the ValueError that numpy raises for integers to negative powers.
# Who meets it: scales 2 ** -bits whose exponent is a variable of a compiled function.
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
def power(a, b):
    return a**b


try:
    np.int64(2) ** np.int64(-1)
except ValueError as refusal:
    print("numpy:", refusal)
else:
    raise AssertionError("numpy answers now")
seen = power(2, -1), power(3, -2), power(1, -1), power(-1, -3)
print("numba: 2 ** -1, 3 ** -2, 1 ** -1, (-1) ** -3 =", *seen)
assert seen[:2] == (0, 0)
assert power(2.0, -1) == 0.5
PYTHON
