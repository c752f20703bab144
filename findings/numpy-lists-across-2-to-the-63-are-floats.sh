#!/usr/bin/env bash
# What happens: np.array([1, 2**63]) is float64, although both numbers fit uint64 and np.array([2**63]) is uint64: neighbours become equal. pandas and polars make uint64 of the same list, pyarrow refuses it.
# Versions: numpy 2.4.6, pandas 3.1.1, polars 2.1.0, pyarrow 26.0.1
# A good guess, written down before the run: the smallest integer type that holds all of the list, uint64, as for the largest number alone.
# Who meets it: lists of 64-bit seeds, hashes and masks: half of them are 2^63 or more, so nearly every list is mixed.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
import pandas
import polars
import pyarrow

seeds = [1, 2**63, 2**63 + 1]
array = np.array(seeds)
print("numpy ", array.dtype, array.tolist(), " alone:", np.array(seeds[1:]).dtype)
assert array.dtype == np.float64 and array[1] == array[2]
assert np.array(seeds[1:]).dtype == np.uint64
series = pandas.Series(seeds)
print("pandas", series.dtype, series.tolist())
assert series.dtype == np.uint64 and series.tolist() == seeds
series = polars.Series(seeds)
print("polars", series.dtype, series.to_list())
assert series.dtype == polars.UInt64 and series.to_list() == seeds
try:
    pyarrow.array(seeds)
except OverflowError as refusal:
    print("pyarrow", refusal)
else:
    raise AssertionError("pyarrow takes the list")
PYTHON
