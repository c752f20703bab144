#!/usr/bin/env bash
# What happens: scipy's milp (HiGHS) answers 'optimal' to a subset-sum equality of 20 integers of 24 bits; the variables are off integers by 8e-7, within its tolerance, and the rounded subset misses the sum by 5.
# Versions: scipy 1.17.1 (HiGHS inside), numpy 2.4.6
# A good guess, written down before the run: 24 bits are far below a double's 53, so rounding the variables gives a subset with exactly that sum.
# Who meets it: subset sums, knapsacks and exact covers given to a MILP solver in floats: check the integers, or scale so that one unit of the sum exceeds n max(w) 1e-6.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

weights = np.array(
    [9284171, 1364386, 3106479, 14683893, 7428138, 15799207, 1541597, 4393349, 9183343, 203029]
    + [6560151, 8103536, 3989779, 3065403, 15547201, 16301267, 8392769, 15060880, 8155198, 16117282]
)
total = 103672402
answer = milp(
    np.zeros(20),
    constraints=LinearConstraint(weights[None, :].astype(float), total, total),
    integrality=np.ones(20),
    bounds=Bounds(0, 1),
)
subset = np.rint(answer.x).astype(np.int64)
print("status:", answer.message)
print("distance from integers:", np.abs(answer.x - subset).max())
print("sum of the rounded subset minus the sum asked for:", int(weights @ subset) - total)
assert answer.status == 0
assert 0 < np.abs(answer.x - subset).max() < 1e-6
assert int(weights @ subset) != total
PYTHON
