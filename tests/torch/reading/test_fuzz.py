"""Random modules: read exactly, or refused by name; nothing in between."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from drawn import NAMES, OUTSIDE, draw  # noqa: E402

from slt_theory.errors import BadInput  # noqa: E402
from slt_theory.networks.rounding import rounding_errors  # noqa: E402
from slt_theory.torch.reading.module import read_module  # noqa: E402

IN_CI, MOST_IN_CI = 30, 200
LONG, SHARDS, OF_EACH = 2000, 8, 50


def fresh():
    return int(np.random.SeedSequence().generate_state(1)[0])


def one(seed, *, outside=False, counts=None):
    """(pieces, what became of it) for one random module; a mismatch is an assertion."""
    rng = np.random.default_rng([seed, outside])
    module, shape, names = draw(rng, outside=outside, counts=counts)
    outcome = "read"
    try:
        network, unfolded, _ = read_module(module, torch.zeros(1, *shape))
    except BadInput as error:
        outcome = str(error)
    # A difference that is found is a misreading, even if it is refused.
    assert "rounding" not in outcome, (seed, names)
    if outcome != "read":
        return names, outcome
    x = rng.normal(size=(8, network.size_in)) * 2
    with torch.no_grad():
        theirs = module(torch.from_numpy(x).reshape(-1, *shape)).reshape(len(x), -1).numpy()
    ours = network.forward(x).reshape(len(x), -1)
    bound = 3 * rounding_errors(unfolded, x, 2.0**-53)
    assert (np.abs(ours - theirs) <= bound).all(), (seed, names)
    return names, outcome


class Run:
    """Random modules read so far: how often each piece was, and which modules were refused."""

    def __init__(self):
        self.counts, self.refused, self.modules = Counter(), [], 0

    def add(self, seed):
        names, outcome = one(seed, counts=self.counts)
        self.modules += 1
        if outcome == "read":
            self.counts.update(set(names))
        else:
            self.refused.append((seed, names, outcome))

    @property
    def least(self):
        return min(self.counts[name] for name in NAMES)

    def report(self):
        """What `pytest -s` shows, and every failure."""
        pieces = sorted((self.counts[name], name) for name in NAMES)
        return f"{self.modules} modules, {len(self.refused)} refused; pieces read: {pieces}"


@pytest.mark.filterwarnings("ignore")
def test_random_modules_of_covered_operators_are_read():
    """Every piece at least once, in 30 modules or as many more as that takes."""
    run, seed = Run(), fresh()
    while run.modules < IN_CI or (run.least < 1 and run.modules < MOST_IN_CI):
        run.add(seed + run.modules)
    print(run.report())
    assert run.least >= 1, run.report()
    assert len(run.refused) <= 0.1 * run.modules, run.refused


@pytest.mark.filterwarnings("ignore")
def test_operators_outside_are_refused_by_name():
    start = fresh()
    for seed in range(start, start + 10):
        names, outcome = one(seed, outside=True)
        if set(names) & set(OUTSIDE):
            assert outcome != "read", names
            assert "aten." in outcome or "batch" in outcome, outcome


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("shard", range(SHARDS))
def test_two_thousand_random_modules(shard):
    """Every piece fifty times in all, a share of that in each shard; 95 % of all are read."""
    run, seed = Run(), fresh()
    for number in range(LONG // SHARDS):
        run.add(seed + number)
    print(run.report())
    assert run.least >= -(-OF_EACH // SHARDS), run.report()
    assert len(run.refused) <= 0.05 * run.modules, run.refused
