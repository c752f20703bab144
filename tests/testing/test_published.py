"""Published steps that are in question, found from their statements alone."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slt_theory.testing import Counterexample, falsify, get_lemma
from slt_theory.testing.false_statements.published import (
    frozen_fraction,
    locked_items,
    random_sparse,
)


def test_product_sets_of_quantised_weights_miss_most_integers() -> None:
    example = falsify(get_lemma("quantised-product-set"), budget=60).counterexample
    assert isinstance(example, Counterexample)
    assert example.values == {"k": 2, "j": 3}


@pytest.mark.parametrize("constant", [1, 10, 1000, 10**6])
def test_random_sparse_lemma_fails_for_every_constant(constant: int) -> None:
    outcome = falsify(random_sparse(constant), budget=60)
    assert outcome.found


@pytest.mark.parametrize(("k1", "k2"), [(1, 1), (3, 10), (10, 10), (30, 100)])
def test_locked_items_need_more_than_n2_at_most_n1_squared(k1: int, k2: int) -> None:
    outcome = falsify(locked_items(k1, k2), budget=60)
    assert outcome.found
    assert outcome.counterexample is not None
    # Something is locked: without that the lemma is the ordinary one.
    assert k1 == 1 or outcome.counterexample.values["share"] > 0


@pytest.mark.parametrize("constant", [8, 16])
def test_locking_costs_more_than_pruning(constant: float) -> None:
    assert falsify(frozen_fraction(constant), budget=60).found


def test_the_restated_exponent_fails_for_small_inputs() -> None:
    example = falsify(get_lemma("exponent-with-radius"), budget=60).counterexample
    assert isinstance(example, Counterexample)
    assert example.values["alpha"] == Fraction(1, 2)
    assert example.values["depth"] == 3
