#!/usr/bin/env bash
# What happens: sum() of BIGINT is exact in DuckDB (HUGEINT), but .df() and .fetchnumpy() hand it over as float64, off above 2^53; fetchall() and .pl() are exact.
# Versions: duckdb 2.0.1, pandas 3.1.1, polars 2.1.0, numpy 2.4.6
# A good guess, written down before the run: an integer column, or Python integers in an object column: the database summed integers.
# Who meets it: integer sums of trials or lattice values read back into pandas; a cast to BIGINT in the query keeps them.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check duckdb==2.0.1 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import duckdb

query = "select sum(x){} as s from (values (9007199254740993::bigint), (2::bigint)) t(x)"
right = 9007199254740995
plain = duckdb.sql(query.format(""))
print("fetchall:", plain.fetchall()[0][0], " pl:", plain.pl()["s"][0])
frame = plain.df()
print("df:", frame.dtypes["s"], int(frame["s"][0]))
assert plain.fetchall() == [(right,)] and plain.pl()["s"][0] == right
assert frame.dtypes["s"] == "float64" and int(frame["s"][0]) == right + 1
assert plain.fetchnumpy()["s"].dtype == "float64"
cast = duckdb.sql(query.format("::bigint")).df()
assert cast.dtypes["s"] == "int64" and int(cast["s"][0]) == right
PYTHON
