"""The automatic n: exact counts of the targets, and pruning never raises it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.laws import Grid, Normal, Product, Uniform
from slt_theory.networks import Dense
from slt_theory.tickets import build_ticket
from slt_theory.tickets.building.width import Offer, Sums, smallest_n, smallest_n_of_singles

ONE = 1 << PRODUCT_BITS
UNIFORM = Uniform(bits=WEIGHT_BITS)
LIFT = PRODUCT_BITS - WEIGHT_BITS
OFFERS = (
    Offer(UNIFORM, gadget=True),
    Offer(Product(UNIFORM, UNIFORM)),
    Offer(UNIFORM, lift=LIFT, prune=0.5),
    Offer(Uniform("-3/4", 1, bits=WEIGHT_BITS), lift=LIFT),
    Offer(Normal(WEIGHT_BITS), gadget=True, prune_in=0.25),
)
RADII = (ONE // 10, ONE // 300)


def layer(seed: int, size: float, shape: tuple[int, int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.rint(size * rng.uniform(-1, 1, shape) * ONE).astype(np.int64)


layers = st.builds(
    layer,
    st.integers(0, 2**32),
    st.sampled_from((1.0, 0.3, 0.05, 0.004)),
    st.tuples(st.integers(1, 400), st.integers(1, 40)),
)
shares = st.sampled_from((0.0, 1e-3, 0.03, 0.5, 0.9))


def pruned(targets: np.ndarray, keep: float, seed: int) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random(targets.shape) < keep, targets, 0)


@pytest.mark.parametrize("offer", OFFERS)
@settings(max_examples=30, deadline=None)
@given(
    families=st.lists(st.tuples(layers, st.sampled_from(RADII), shares), min_size=1, max_size=3),
    seed=st.integers(0, 2**32),
)
def test_setting_weights_to_zero_never_raises_n(offer, families, seed):
    dense = [Sums.of(targets, radius, 2) for targets, radius, _ in families]
    sparse = [Sums.of(pruned(t, keep, seed), radius, 2) for t, radius, keep in families]
    assert 1 <= smallest_n(sparse, offer, seed=3) <= smallest_n(dense, offer, seed=3)


@settings(max_examples=25, deadline=None)
@given(targets=layers, keep=shares, radius=st.sampled_from(RADII), seed=st.integers(0, 2**32))
def test_nor_where_every_sum_is_one_number(targets, keep, radius, seed):
    def n(array: np.ndarray) -> int:
        return smallest_n_of_singles([(array, radius, 2)], OFFERS[0], seed=5)

    assert 1 <= n(pruned(targets, keep, seed)) <= n(targets)


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("radius", RADII)
def test_targets_within_the_radius_need_one_number(offer, radius):
    within = np.array([[0, 1, -1, radius, -radius]])
    assert smallest_n([Sums.of(within, radius, 2)], offer, seed=1) == 1
    beyond = np.array([[0, radius + 1]])
    assert smallest_n([Sums.of(beyond, radius)], offer, seed=1) > 1


@pytest.mark.parametrize("radius", [1, ONE // 3000, ONE // 10, ONE // 2, ONE, 2 * ONE])
def test_targets_beyond_the_radius_are_counted_exactly(radius):
    ends = [s * (ONE >> k) + d for k in range(9) for s in (1, -1) for d in (-1, 0, 1)]
    targets = np.array([*ends, 0, radius, -radius, radius + 1, -radius - 1, 3 * ONE])
    found = Sums.of(targets, radius, 7).counts.sum(axis=1).tolist()
    plain = [7 * sum(z > radius for z in targets), 7 * sum(-z > radius for z in targets)]
    assert found == plain


@pytest.mark.parametrize("seed", range(3))
def test_a_pruned_network_needs_no_more_than_the_dense_one(seed):
    """1000-200-3 with weights as at initialisation; by magnitude down to one in 10,000."""
    rng = np.random.default_rng(seed)
    weights = [rng.uniform(-1, 1, (b, a)) / a**0.5 for a, b in ((1001, 200), (201, 3))]
    found = []
    for keep in (1, 0.1, 0.01, 1e-3, 1e-4, 0):
        families = []
        for w in weights:
            least = np.quantile(np.abs(w), 1 - keep) if keep else np.inf
            targets = np.rint(np.where(np.abs(w) >= least, w, 0) * ONE).astype(np.int64)
            families.append(Sums.of(targets, ONE // 100, 2))
        found.append(smallest_n(families, OFFERS[0], seed=seed))
    assert found == sorted(found, reverse=True)
    assert found[0] < 100
    assert found[-1] == 1


def test_numbers_of_one_precision_are_asked_for_their_own_multiples():
    """An exact sum meets one point of the lattice: more numbers than one of twice the radius."""
    offer = Offer(Grid(16, bits=WEIGHT_BITS), gadget=True)
    targets = np.array([[k << (PRODUCT_BITS - 8) for k in range(1, 200)]])
    exact = (1 << (PRODUCT_BITS - 8)) - 1
    finer = Sums.of(targets, exact)
    coarser = Sums.of(targets, 2 * exact + 1)
    assert smallest_n([finer], offer, seed=1) > smallest_n([coarser], offer, seed=1)


def test_a_layer_of_zeros_beside_a_dense_one_changes_nothing():
    rng = np.random.default_rng(2)
    last = rng.uniform(-0.9, 0.9, (2, 4))
    small = rng.uniform(-0.04, 0.04, (4, 3))
    sizes = [
        build_ticket(Dense([first, last]), eps=0.05, seed=1).blocks[0].n
        for first in (small, np.zeros((4, 3)))
    ]
    assert sizes[0] == sizes[1] < 60
