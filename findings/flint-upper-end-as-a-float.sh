#!/usr/bin/env bash
# What happens: float(x.upper()) of a ball may lie below the ball's upper end when more than 53 bits are in use.
# Versions: python-flint 0.9.0
# A good guess, written down before the run: upper() is an upper bound, so its float is one.
# Who meets it: whoever hands rigorous ends to numpy at a raised precision: the conversion rounds to nearest.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check python-flint==0.9.0
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
from flint import arb, ctx

below = 0
for bits in (53, 64, 100, 200):
    ctx.prec = bits
    found = sum(
        bool(arb(float((arb(k) / 7).upper())) < (arb(k) / 7).upper()) for k in range(1, 100) if k % 7
    )
    print(f"{bits} bits: {found} of 85 floats lie below the end that they stand for")
    assert (found == 0) == (bits == 53)
PYTHON
