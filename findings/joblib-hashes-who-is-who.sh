#!/usr/bin/env bash
# What happens: joblib.hash tells lists of equal values apart by identity: [a, a] and [a, b] with a == b hash differently for fractions, lists, dicts, complex numbers and numpy scalars, and alike for tuples, integers, floats and strings.
# Versions: joblib 1.6.0, numpy 2.4.6
# A good guess, written down before the run: a hash of the contents, for use as a key: equal arguments of plain values hash alike.
# Who meets it: Memory and sweeps keyed by joblib.hash: equal parameters are computed again when one of them was made twice.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check joblib==1.6.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
from fractions import Fraction

import joblib
import numpy as np

makers = {
    "Fraction": lambda: Fraction(1, 3),
    "list": lambda: [1, 2],
    "dict": lambda: {"eps": 1},
    "complex": lambda: complex(1, 2),
    "np.float64": lambda: np.float64(0.5),
    "tuple": lambda: (1, 2),
    "int": lambda: int("9" * 40),
    "float": lambda: float("0.1"),
    "str": lambda: "".join(["e", "ps"]),
}
alike = {}
for name, make in makers.items():
    one, other = make(), make()
    assert one == other and joblib.hash(one) == joblib.hash(other)
    alike[name] = joblib.hash([one, one]) == joblib.hash([one, other])
print("[a, a] hashes as [a, b], a == b:", alike)
assert [name for name, same in alike.items() if same] == ["tuple", "int", "float", "str"]
calls = []
memory = joblib.Memory("cache", verbose=0)


@memory.cache
def both(pair):
    calls.append(pair)
    return sum(pair)


eps = Fraction(1, 100)
both([eps, eps])
both([eps, eps])
both([eps, Fraction(1, 100)])
print("calls of a cached function with equal arguments:", len(calls))
assert len(calls) == 2
PYTHON
