#!/usr/bin/env bash
# What happens: compiled by numba, np.sum of float32 adds one number after the other in float32: 2^25 ones give 2^24, and their np.mean is 0.5.
# Versions: numba 0.68.1, numpy 2.4.6
# A good guess, written down before the run: numpy's pairwise sum, or an accumulator in double: 2^25 and 1.0.
# Who meets it: losses and accuracies averaged in a compiled loop over single-precision arrays; dtype=np.float64 or a conversion helps.
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
def sum_and_mean(a):
    return np.sum(a), np.mean(a)


ones = np.ones(2**25, np.float32)
print("numpy:", ones.sum(), ones.mean())
print("numba:", *sum_and_mean(ones))
assert (ones.sum(), ones.mean()) == (2**25, 1.0)
assert sum_and_mean(ones) == (2**24, 0.5)
assert sum_and_mean(ones.astype(np.float64)) == (2**25, 1.0)
PYTHON
