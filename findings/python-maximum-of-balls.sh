#!/usr/bin/env bash
# What happens: max() of Python picks the first of balls that overlap: the result depends on the order, and its upper end need not be the largest.
# Versions: python-flint 0.9.0
# A good guess, written down before the run: an enclosure of the maximum, or an error because overlapping balls cannot be compared.
# Who meets it: bounds that take the worst of several rigorous enclosures; arb.max is the operation that is meant.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check python-flint==0.9.0
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
from flint import arb

wide, narrow = arb(1, 0.5), arb(1.2, 0.01)
print("max(wide, narrow) =", max([wide, narrow]), " max(narrow, wide) =", max([narrow, wide]))
assert float(max([wide, narrow]).upper()) > 1.49
assert float(max([narrow, wide]).upper()) < 1.22
print("every comparison of overlapping balls is false:", wide < narrow, wide > narrow, wide == narrow)
assert not (wide < narrow or wide > narrow)
assert float(narrow.max(wide).upper()) > 1.49
PYTHON
