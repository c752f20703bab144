#!/usr/bin/env bash
# What happens: numpy's Philox(key=0, counter=0) encrypts counter 1 first: it increments before each block.
# Versions: numpy 2.4.6
# A good guess, written down before the run: the first four words are the block of the counter that was given.
# Who meets it: whoever regenerates a weight by its index from the published algorithm, or compares generators across libraries.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np

MASK = (1 << 64) - 1


def philox4x64(counter, key, rounds=10):
    """The published algorithm in Python integers."""
    c, k = list(counter), list(key)
    for _ in range(rounds):
        a, b = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [(b >> 64) ^ c[1] ^ k[0], b & MASK, (a >> 64) ^ c[3] ^ k[1], a & MASK]
        k = [(k[0] + 0x9E3779B97F4A7C15) & MASK, (k[1] + 0xBB67AE8584CAA73B) & MASK]
    return c


known = [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]
assert philox4x64([0, 0, 0, 0], [0, 0]) == known
first = [int(w) for w in np.random.Philox(key=0, counter=0).random_raw(4)]
print("first block of numpy:", [hex(w) for w in first])
assert first == philox4x64([1, 0, 0, 0], [0, 0])
assert first != known
last = np.random.Philox(key=0, counter=[MASK] * 4).random_raw(4)
assert [int(w) for w in last] == known
print("counter 2^256 - 1 gives the block of counter 0")
PYTHON
