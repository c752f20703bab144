#!/usr/bin/env bash
# What happens: np.bitwise_count of a negative integer counts the ones of its absolute value: 1 for -1, although all 64 bits are set.
# Versions: numpy 2.4.6
# A good guess, written down before the run: the ones of the two's complement word: 64 for -1, as popcount instructions and int.bit_count of the unsigned word say.
# Who meets it: masks packed into int64 words, once bit 63 is in use: view them as uint64 first.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np

words = np.array([-1, -2, -(2**63)], dtype=np.int64)
print("signed:", np.bitwise_count(words).tolist())
print("viewed as unsigned:", np.bitwise_count(words.view(np.uint64)).tolist())
assert np.bitwise_count(words).tolist() == [1, 1, 1]
assert np.bitwise_count(words.view(np.uint64)).tolist() == [64, 63, 1]
PYTHON
