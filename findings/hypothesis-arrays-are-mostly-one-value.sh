#!/usr/bin/env bash
# What happens: arrays(np.int64, 40) of Hypothesis fills most places of an array with one value: half of the examples hold at most 3 different numbers.
# Versions: hypothesis 6.170.17, numpy 2.4.6
# A good guess, written down before the run: 40 draws of a 64-bit strategy: nearly always 40 different numbers.
# Who meets it: property tests of subset sums and of sorting: items are nearly all equal. fill=st.nothing() draws every entry.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check hypothesis==6.170.17 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays


def distinct(strategy):
    seen = []

    @settings(max_examples=300, database=None, derandomize=True)
    @given(strategy)
    def look(x):
        seen.append(len(set(x.tolist())))

    look()
    return float(np.median(seen))


plain, every = distinct(arrays(np.int64, 40)), distinct(arrays(np.int64, 40, fill=st.nothing()))
print("median of different numbers among 40:", plain, "with fill=nothing:", every)
assert plain <= 6
assert every >= 30
PYTHON
