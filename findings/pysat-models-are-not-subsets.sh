#!/usr/bin/env bash
# What happens: enum_models of a cardinality constraint counts auxiliary variables: 'three of six' has 20 models with seqcounter, 320 with totalizer, 6144 with cardnetwrk and 29376 with sortnetwrk, and 'at most three of six' 280 instead of 42 with the default.
# Versions: python-sat 1.9.dev24
# A good guess, written down before the run: the auxiliary variables count and are determined by the inputs, so models and subsets are as many.
# Who meets it: whoever counts subsets or solutions by enumeration: block the projection on the inputs instead, or take an encoding whose equality is two-sided.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check python-sat==1.9.dev24
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
from math import comb

from pysat.card import CardEnc, EncType
from pysat.solvers import Solver

N, K = 6, 3


def counted(encode, encoding):
    """Models that are enumerated, and different subsets among them."""
    constraint = encode(lits=list(range(1, N + 1)), bound=K, encoding=encoding)
    with Solver("g4", bootstrap_with=constraint.clauses) as solver:
        models = list(solver.enum_models())
    return len(models), len({tuple(model[:N]) for model in models})


seen = {}
for name in ("seqcounter", "mtotalizer", "totalizer", "cardnetwrk", "sortnetwrk"):
    encoding = getattr(EncType, name)
    seen[name] = counted(CardEnc.equals, encoding)
    models, subsets = seen[name]
    print(f"exactly {K} of {N}, {name}: {models} models, {subsets} subsets")
    assert subsets == comb(N, K)
assert seen["seqcounter"][0] == seen["mtotalizer"][0] == 20
assert [seen[name][0] for name in ("totalizer", "cardnetwrk", "sortnetwrk")] == [320, 6144, 29376]
at_most = counted(CardEnc.atmost, EncType.seqcounter)
print(f"at most {K} of {N}, seqcounter: {at_most[0]} models, {at_most[1]} subsets")
assert at_most == (280, sum(comb(N, k) for k in range(K + 1)))
PYTHON
