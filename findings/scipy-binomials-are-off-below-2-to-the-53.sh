#!/usr/bin/env bash
# What happens: scipy.special.binom and comb return floats that are not the integer, from 31 over 14 on, although the integer is a float: 274 pairs with values below 2^53.
# Versions: scipy 1.17.1, numpy 2.4.6
# A good guess, written down before the run: exact as long as the binomial coefficient is below 2^53.
# Who meets it: counts of subsets of a fixed size and thresholds made of them; comb(..., exact=True) and math.comb are right.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import math

from scipy.special import binom, comb

pairs = [(n, k) for n in range(1, 58) for k in range(n + 1) if math.comb(n, k) < 2**53]
for function in (binom, comb):
    wrong = [(n, k) for n, k in pairs if function(n, k) != math.comb(n, k)]
    print(function.__name__, "is off for", len(wrong), "of", len(pairs), "pairs, first", wrong[0])
    assert wrong
    n, k = wrong[0]
    print("  ", repr(float(function(n, k))), "for", math.comb(n, k))
    assert n < 40
assert comb(31, 14, exact=True) == math.comb(31, 14)
PYTHON
