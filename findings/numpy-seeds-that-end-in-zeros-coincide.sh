#!/usr/bin/env bash
# What happens: default_rng(1), default_rng([1]), ([1, 0]), ([1, 0, 0]) and ([1, 0, 0, 0]) are one generator; a fifth entry makes another.
# Versions: numpy 2.4.6
# A good guess, written down before the run: a list of integers is hashed as it is, so that [1, 0] and [1] give unrelated streams.
# Who meets it: experiments seeded by [seed, trial] beside others seeded by [seed]: trial 0 repeats them. spawn() or stream ids of fixed length do not.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np

first = {str(s): tuple(np.random.default_rng(s).integers(0, 2**32, 4).tolist()) for s in (1, [1], [1, 0], [1, 0, 0, 0])}
for name, draws in first.items():
    print(name, draws)
assert len(set(first.values())) == 1
other = tuple(np.random.default_rng([1, 0, 0, 0, 0]).integers(0, 2**32, 4).tolist())
print("[1, 0, 0, 0, 0]", other)
assert other not in first.values()
PYTHON
