"""Random modules: read exactly, or refused by name; nothing in between."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from drawn import OUTSIDE, draw  # noqa: E402

from slt_theory.errors import BadInput  # noqa: E402
from slt_theory.networks.rounding import rounding_errors  # noqa: E402
from slt_theory.torch.reading.module import read_module  # noqa: E402

IN_CI = 40


def one(seed, *, outside=False):
    """(pieces, what became of it) for one random module; a mismatch is an assertion."""
    rng = np.random.default_rng([seed, outside])
    module, shape, names = draw(rng, outside=outside)
    try:
        network, unfolded, _ = read_module(module, torch.zeros(1, *shape))
    except BadInput as error:
        return names, str(error)
    x = rng.normal(size=(8, network.size_in)) * 2
    with torch.no_grad():
        theirs = module(torch.from_numpy(x).reshape(-1, *shape)).reshape(len(x), -1).numpy()
    ours = network.forward(x).reshape(len(x), -1)
    bound = 3 * rounding_errors(unfolded, x, 2.0**-53)
    assert (np.abs(ours - theirs) <= bound).all(), (seed, names)
    return names, "read"


def run(seeds, *, outside=False):
    counts, refused, read = Counter(), [], 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in seeds:
            names, outcome = one(seed, outside=outside)
            read += outcome == "read"
            counts.update(set(names))
            if outcome != "read":
                refused.append((seed, names, outcome))
    return counts, refused, read


@pytest.mark.parametrize("shard", range(2))
def test_random_modules_of_covered_operators_are_read(shard):
    fresh = np.random.SeedSequence().generate_state(1)[0]
    seeds = [int(fresh) + k for k in range(IN_CI // 2)]
    counts, refused, read = run(seeds)
    assert read >= 0.9 * len(seeds), refused
    assert sum(counts.values()) > len(seeds)


def test_operators_outside_are_refused_by_name():
    fresh = int(np.random.SeedSequence().generate_state(1)[0])
    for seed in range(fresh, fresh + 10):
        names, outcome = one(seed, outside=True)
        if set(names) & set(OUTSIDE):
            assert outcome != "read", names
            assert "aten." in outcome or "batch" in outcome, outcome


@pytest.mark.long
@pytest.mark.parametrize("shard", range(8))
def test_two_thousand_random_modules(shard):
    fresh = int(np.random.SeedSequence().generate_state(1)[0])
    counts, refused, read = run(range(fresh, fresh + 250))
    assert read >= 0.95 * 250, refused
    assert min(counts.values()) >= 1
