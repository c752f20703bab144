#!/usr/bin/env bash
# What happens: sorted() and list.sort() compiled by numba are not stable: items with equal keys change places.
# Versions: numba 0.68.1, numpy 2.4.6
# A good guess, written down before the run: Python promises stability, so a compiled sort with a key keeps the order of ties.
# Who meets it: compiled code that breaks ties by an earlier sort; np.argsort(kind='mergesort') is stable in numba.
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
def first(pair):
    return pair[0]


@numba.njit
def by_sorted(pairs):
    return sorted(pairs, key=first)


@numba.njit
def by_sort(pairs):
    pairs.sort(key=first)
    return pairs


@numba.njit
def places(keys):
    return np.argsort(keys, kind="mergesort")


pairs = [(k % 3, k) for k in range(200)]
right = sorted(pairs, key=lambda pair: pair[0])
print("Python:", right[:6])
print("numba: ", by_sorted(pairs)[:6])
assert [p[0] for p in by_sorted(pairs)] == [p[0] for p in right]
assert by_sorted(pairs) != right
assert by_sort(list(pairs)) != right
assert [pairs[k] for k in places(np.array([p[0] for p in pairs]))] == right
PYTHON
