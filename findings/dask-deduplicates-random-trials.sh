#!/usr/bin/env bash
# What happens: Client.map of a function over equal arguments runs it once: five random trials come back as five copies of one.
# Versions: dask and distributed 2026.8.0
# A good guess, written down before the run: five calls, five results.
# Who meets it: Monte Carlo on a cluster whose trials take their randomness from the worker: seeds must be arguments, or pure=False.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check 'dask[distributed]==2026.8.0' numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import random


def trial(_):
    return random.random()


def main():
    from dask.distributed import Client, LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        with Client(cluster) as client:
            same = client.gather(client.map(trial, [0] * 5))
            fresh = client.gather(client.map(trial, [0] * 5, pure=False))
    print("pure by default:", same)
    print("pure=False:", fresh)
    assert len(set(same)) == 1
    assert len(set(fresh)) == 5


main()
PYTHON
