#!/usr/bin/env bash
# What happens: fmpq(1, 2) equals neither Fraction(1, 2) nor 0.5, silently; fmpq(2) equals 2.
# Versions: python-flint 0.9.0
# A good guess, written down before the run: numbers of equal value compare equal, as Fraction(1, 2) == 0.5 does, or the comparison raises.
# Who meets it: exact tests and lookups that mix the two rational types: an assertion of inequality always holds, a dict never finds its key.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check python-flint==0.9.0
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
from fractions import Fraction

from flint import fmpq, fmpz

half = fmpq(1, 2)
print("== Fraction:", half == Fraction(1, 2), " == 0.5:", half == 0.5, " fmpq(2) == 2:", fmpq(2) == 2)
assert (half == Fraction(1, 2)) is False
assert (half == 0.5) is False
assert fmpq(2) == 2
assert (fmpz(2) == 2.0) is False
print("found in a dict by Fraction:", Fraction(1, 2) in {half: 1})
assert Fraction(1, 2) not in {half: 1}
PYTHON
