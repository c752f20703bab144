#!/usr/bin/env bash
# What happens: sympy takes python-flint for its ground types as soon as it is installed: QQ(1, 2) == Fraction(1, 2) turns from True to False, and Poly's domain elements are fmpq.
# Versions: sympy 1.14.0, python-flint 0.9.0
# A good guess, written down before the run: an installed accelerator changes the speed, no answer; or it must be asked for by SYMPY_GROUND_TYPES.
# Who meets it: code or tests that compare domain elements with Fraction: green on one machine, red where flint happens to be installed.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check sympy==1.14.0
cd "$work"
cat > look.py <<'PYTHON'
from fractions import Fraction

from sympy import QQ, Rational
from sympy.external.gmpy import GROUND_TYPES

half = QQ(1, 2)
print(GROUND_TYPES, type(half).__module__, half == Fraction(1, 2), Rational(1, 2) == Fraction(1, 2))
PYTHON
alone=$("$work/env/bin/python" look.py)
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check python-flint==0.9.0
beside=$("$work/env/bin/python" look.py)
told=$(SYMPY_GROUND_TYPES=python "$work/env/bin/python" look.py)
echo "alone:         $alone"
echo "beside flint:  $beside"
echo "told 'python': $told"
[[ $alone == "python "*" True "* ]]
[[ $beside == "flint "*" False "* ]]
[[ $told == "$alone" ]]
