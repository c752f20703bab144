"""Products of layers on batches, however their taps are looked up."""

from __future__ import annotations

import numpy as np
import pytest

from slt_theory.networks import unrolling
from slt_theory.networks.unrolling import Operator, basis_unrolling, convolution_unrolling


def operators() -> list[Operator]:
    rng = np.random.default_rng(0)
    taps = [
        convolution_unrolling((5, 4), (3, 2), (2, 1), (1, 1), (1, 2)),
        convolution_unrolling((3, 3), (1, 1), (1, 1), (0, 0), (1, 1)),
        # Of this basis a tap sees two sites at once.
        basis_unrolling(np.array([np.eye(3), 1 - np.eye(3)])),
    ]
    return [Operator(rng.integers(-9, 9, (4, t.taps, 3)).astype(float), t) for t in taps]


@pytest.mark.parametrize("operator", operators())
@pytest.mark.parametrize("at_once", [1, 500, 1 << 20])
def test_a_product_is_that_of_the_whole_matrix(operator, at_once, monkeypatch):
    monkeypatch.setattr(unrolling, "_IN_CACHE", at_once)
    x = np.random.default_rng(1).integers(-9, 9, (7, operator.shape[1])).astype(float)
    whole = operator.tocsr().toarray()
    assert np.array_equal(operator.apply(x), x @ whole.T)
    y = np.random.default_rng(2).integers(-9, 9, (7, operator.shape[0])).astype(float)
    assert np.array_equal(operator.back(y), y @ whole)
