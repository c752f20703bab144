#!/usr/bin/env bash
# What happens: the index of numba's prange is unsigned: -i in a parallel loop is 2^64 - i, so an array of floats gets 1.8e19 where the same loop over range gets -1. Differences with a literal are signed and right.
# Versions: numba 0.68.1, numpy 2.4.6
# A good guess, written down before the run: prange(n) runs through the same numbers as range(n), so parallel=True changes the order and the speed alone.
# Who meets it: loops that are made parallel later: mirrored coordinates, alternating signs, offsets from the index.
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


def mirrored(n):
    out = np.zeros(n)
    for i in numba.prange(n):
        out[i] = -i
    return out


def shifted(n):
    out = np.zeros(n)
    for i in numba.prange(n):
        out[i] = i - 2
    return out


for body, right in ((mirrored, [0, -1, -2, -3]), (shifted, [-2, -1, 0, 1])):
    one = numba.njit(body)(4)  # without parallel=True prange is range
    many = numba.njit(body, parallel=True)(4)
    print(body.__name__, "serial", one, "parallel", many)
    assert np.array_equal(one, right)
    if body is mirrored:
        assert many[0] == 0 and np.array_equal(many[1:], [2.0**64] * 3)
    else:
        assert np.array_equal(many, right)
PYTHON
