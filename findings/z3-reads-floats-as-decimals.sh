#!/usr/bin/env bash
# What happens: a Python float in a z3 formula stands for the decimal that it prints as: RealVal(0.1) is 1/10, 0.1 * 3 == 0.3 is valid, and 2.0**-70 is not 2^-70.
# Versions: z3-solver 5.4.1.0
# A good guess, written down before the run: the rational that the float is: an exact solver takes a float by its value, as Fraction(0.1) does.
# Who meets it: proofs about floating-point weights: the statement is about other numbers; pass Fraction(x) or a string of the exact quotient.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check z3-solver==5.4.1.0
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
from fractions import Fraction

import z3

tenth = z3.RealVal(0.1)
print("RealVal(0.1):", tenth, " Fraction(0.1):", Fraction(0.1))
assert tenth.as_fraction() == Fraction(1, 10) != Fraction(0.1)
x = z3.Real("x")
solver = z3.Solver()
solver.add(x == 0.1, x * 3 != 0.3)
print("x == 0.1 and 3 x != 0.3 is", solver.check(), "- in floats", 0.1 * 3 != 0.3)
assert solver.check() == z3.unsat and Fraction(0.1) * 3 != Fraction(0.3)
small = z3.RealVal(2.0**-70).as_fraction()
print("RealVal(2.0**-70) * 2^70 =", small * 2**70)
assert small != Fraction(1, 2**70)
exact = z3.RealVal(Fraction(0.1))
assert exact.as_fraction() == Fraction(0.1)
PYTHON
