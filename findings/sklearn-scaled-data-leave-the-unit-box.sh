#!/usr/bin/env bash
# What happens: MinMaxScaler maps the largest value of a column beyond 1 in one column of 25: x * scale + min rounds twice. In the breast cancer data that scikit-learn ships it gives 1.0000000000000002.
# Versions: scikit-learn 1.9.1, numpy 2.4.6
# A good guess, written down before the run: the extremes of the data it was fitted to become 0 and 1 exactly, so the scaled data lie in [0, 1].
# Who meets it: checks and certificates on the box [0, 1], which refuse such a row: clip=True, or (x - min) / (max - min), which never leaves it.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import MinMaxScaler

data = load_breast_cancer().data
scaled = MinMaxScaler().fit_transform(data)
rows, columns = np.nonzero(scaled > 1)
print("breast cancer: beyond 1 in", [(int(r), int(c)) for r, c in zip(rows, columns)], scaled.max())
assert len(rows) >= 1 and scaled.max() == 1 + 2.0**-52

columns = np.random.default_rng(0).normal(size=(50, 2000))
beyond = int(np.count_nonzero(MinMaxScaler().fit_transform(columns).max(axis=0) > 1))
low, high = columns.min(axis=0), columns.max(axis=0)
by_quotient = (columns - low) / (high - low)
print(f"random columns beyond 1: {beyond} of 2000, by the quotient {by_quotient.max()!r} at most")
assert 20 < beyond < 300
assert by_quotient.max() == 1 and by_quotient.min() == 0
assert MinMaxScaler(clip=True).fit_transform(data).max() == 1
PYTHON
