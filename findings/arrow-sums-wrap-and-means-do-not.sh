#!/usr/bin/env bash
# What happens: pyarrow.compute.sum of int64 wraps in silence: four times 2^62 is 0, although pc.add has a checked twin that raises; pc.mean of the same column is right. Polars does the same.
# Versions: pyarrow 26.0.1, polars 2.1.0
# A good guess, written down before the run: an overflow error, or a wider type: sum / count agrees with mean.
# Who meets it: totals of large integers in Parquet tables; DuckDB widens to 128 bits.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check pyarrow==26.0.1 polars==2.1.0
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import polars
import pyarrow as pa
import pyarrow.compute as pc

numbers = [2**62] * 4
arrow, series = pa.array(numbers), polars.Series(numbers)
print("pyarrow: sum", pc.sum(arrow), "mean", pc.mean(arrow))
print("polars:  sum", series.sum(), "mean", series.mean())
assert pc.sum(arrow).as_py() == 0 and pc.mean(arrow).as_py() == 2.0**62
assert series.sum() == 0 and series.mean() == 2.0**62
try:
    pc.add_checked(arrow[0], pa.scalar(2**62))
except pa.ArrowInvalid as refusal:
    print("add_checked:", refusal)
else:
    raise AssertionError("add_checked does not raise")
PYTHON
