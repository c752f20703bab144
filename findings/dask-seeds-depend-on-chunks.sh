#!/usr/bin/env bash
# What happens: the numbers of a seeded dask array depend on its chunks: each chunk starts a stream of its own, so 100 draws in chunks of 10 and of 50 agree in the first 10 only.
# Versions: dask 2026.8.0, numpy 2.4.6
# A good guess, written down before the run: the seed names the array: chunks are a matter of storage and change no value, as for every other dask operation.
# Who meets it: results that are repeated with another chunk size (or with chunks='auto' on another machine).
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check 'dask[array]==2026.8.0' numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import dask.array as da

tens = da.random.default_rng(1).random(100, chunks=10).compute()
fifties = da.random.default_rng(1).random(100, chunks=50).compute()
again = da.random.default_rng(1).random(100, chunks=10).compute()
same = tens == fifties
print("equal draws of 100:", int(same.sum()), "the first that differs:", int(same.argmin()))
assert (tens == again).all()
assert same[:10].all() and not same[10:].any()
PYTHON
