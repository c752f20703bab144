#!/usr/bin/env bash
# What happens: np.searchsorted and np.union1d of int64 and uint64 go through float64 and confuse neighbours above 2^53; == of the same arrays is exact.
# Versions: numpy 2.4.6
# A good guess, written down before the run: exact, since numpy 2 compares int64 with uint64 exactly.
# Who meets it: sorted subset sums (int64) searched for words or hashes (uint64): convert one side by hand.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np

sums = np.array([2**53, 2**53 + 1, 2**53 + 2], dtype=np.int64)
wanted = np.array([2**53 + 1], dtype=np.uint64)
print("equal:", (sums == wanted).tolist())
print("place:", np.searchsorted(sums, wanted).tolist(), "by int64:", np.searchsorted(sums, wanted.astype(np.int64)).tolist())
assert (sums == wanted).tolist() == [False, True, False]
assert np.searchsorted(sums, wanted).tolist() == [0]
assert np.searchsorted(sums, wanted.astype(np.int64)).tolist() == [1]
union = np.union1d(sums, wanted)
print("union:", union.dtype, union.size, "numbers of 3")
assert union.dtype == np.float64 and union.size == 2
PYTHON
