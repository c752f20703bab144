"""One instance in real numbers: optimum, decision and absence against all subsets in Fractions."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import numpy as np
import pytest

from slt_theory.errors import BadInput, NotFoundWithinLimits
from slt_theory.instance import solve


def subsets(values, size=None, locked=()):
    for chosen in itertools.product((False, True), repeat=len(values)):
        indices = tuple(i for i, c in enumerate(chosen) if c)
        if set(locked) <= set(indices) and (size is None or len(indices) == size):
            yield indices, sum((values[i] for i in indices), Fraction(0))


def exactly(values):
    """As Fractions of Python integers; one of numpy integers would wrap."""
    return [Fraction(int(v) if isinstance(v, np.integer) else v) for v in values]


def some_value(rng):
    kind = rng.randrange(4)
    if kind == 0:
        return rng.uniform(-1, 1)
    if kind == 1:
        return Fraction(rng.randint(-40, 40), rng.choice([1, 2, 10, 100]))
    if kind == 2:
        return np.int32(rng.randint(-3, 3))
    return rng.randint(-8, 8) / 8


def test_the_optimum_is_optimal_also_for_targets_off_the_grid():
    rng = random.Random(1)
    for _ in range(400):
        grid = rng.random() < 0.6
        items = [
            rng.randint(-6, 6) / 4 if grid else some_value(rng) for _ in range(rng.randint(1, 7))
        ]
        exact = exactly(items)
        target = rng.choice(
            [Fraction(rng.randint(-30, 30), 7), rng.uniform(-2, 2), rng.randint(-2, 2)]
        )
        best = min(abs(s - Fraction(target)) for _, s in subsets(exact))
        answer = solve(items, target)
        assert answer.found
        assert answer.total == sum((exact[i] for i in answer.subset), Fraction(0))
        assert answer.error == abs(answer.total - Fraction(target))
        if grid:
            assert answer.optimal
        assert answer.error == best or not answer.optimal
        assert answer.error - best < Fraction(1, 2**40)


def test_decisions_at_eps_agree_with_enumeration():
    rng = random.Random(2)
    seen = {True: 0, False: 0}
    for _ in range(400):
        items = [some_value(rng) for _ in range(rng.randint(1, 7))]
        exact = exactly(items)
        target, eps = Fraction(rng.randint(-20, 20), 7), Fraction(1, rng.choice([2, 5, 20, 80]))
        truth = any(abs(s - target) <= eps for _, s in subsets(exact))
        answer = solve(items, target, eps=eps)
        assert answer.found == truth
        assert answer.proof_of_absence == (not truth)
        if truth:
            assert abs(sum((exact[i] for i in answer.subset), Fraction(0)) - target) <= eps
        seen[truth] += 1
    assert min(seen.values()) > 80


def test_targets_exactly_eps_away_count():
    for items, target, eps in (
        ([Fraction(1, 10)], Fraction(3, 10), Fraction(1, 5)),
        ([0.5, 0.25], Fraction(1, 2) + Fraction(1, 3), Fraction(1, 12)),
    ):
        assert solve(items, target, eps=eps).found
        assert not solve(items, target, eps=eps * Fraction(10**9 - 1, 10**9)).found


def test_size_and_locks():
    rng = random.Random(3)
    for _ in range(150):
        n = rng.randint(2, 7)
        items = [rng.randint(-8, 8) / 8 for _ in range(n)]
        exact = [Fraction(v) for v in items]
        locked = tuple(sorted(rng.sample(range(n), rng.randint(0, 2))))
        size = rng.choice([None, rng.randint(len(locked), n)])
        target = rng.randint(-16, 16) / 16
        best = min(abs(s - Fraction(target)) for _, s in subsets(exact, size, locked))
        answer = solve(items, target, size=size, locked=locked)
        assert set(locked) <= set(answer.subset)
        assert size is None or len(answer.subset) == size
        assert answer.error == best


def test_numbers_beyond_the_lattice_are_rechecked_in_rationals():
    rng = random.Random(4)
    for _ in range(60):
        # 18 decimal digits do not fit together with 2^-52: the search runs on rounded numbers.
        items = [Fraction(rng.randint(-(10**18), 10**18), 10**18) for _ in range(8)]
        target = Fraction(rng.randint(-(10**18), 10**18), 10**18)
        truth = min(abs(s - target) for _, s in subsets(items))
        answer = solve(items, target)
        assert answer.error - truth < Fraction(1, 10**14)
        assert not answer.optimal
        assert solve(items, target, eps=truth * Fraction(101, 100)).found
        assert not solve(items, target, eps=truth * Fraction(99, 100)).found


def test_an_answer_that_hangs_on_digits_that_do_not_fit_is_refused():
    with pytest.raises(NotFoundWithinLimits, match="hangs on digits"):
        solve(
            [1 + Fraction(1, 10**30)], 0, eps=Fraction(1, 10**40), locked=[0]
        ) if False else solve(
            [Fraction(1, 3) + Fraction(1, 10**30)], Fraction(1, 3), eps=Fraction(1, 10**31)
        )


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (([], 0), "sample"),
        (([0.5, math.nan], 0), r"sample\[1\]"),
        (([math.inf], 0), r"sample\[0\]"),
        ((["x"], 0), r"sample\[0\]"),
        (([0.5], math.nan), "target"),
        (([10**100], 0), "sample"),
        (([10**400], 0), r"sample\[0\]"),
    ],
)
def test_bad_numbers_are_named(arguments, name):
    with pytest.raises(BadInput, match=f"^{name} = "):
        solve(*arguments)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"eps": 0}, "eps"),
        ({"eps": -1}, "eps"),
        ({"eps": math.nan}, "eps"),
        ({"locked": [2]}, "locked"),
        ({"locked": [-1]}, "locked"),
        ({"size": -1}, "size"),
        ({"size": 3}, "size"),
        ({"size": 0, "locked": [0]}, "size"),
        ({"method": "magic"}, "method"),
    ],
)
def test_bad_options_are_named(options, name):
    with pytest.raises(BadInput, match=name):
        solve([0.5, 0.25], 0.3, **options)


def test_the_empty_subset_and_the_record():
    answer = solve([5], 0, eps=1)
    assert answer.subset == ()
    assert answer.to_dict()["sum"] == 0.0
    absent = solve([5], 2, eps=1)
    assert absent.to_dict()["found"] is False
    assert absent.to_dict()["sum"] is None
    assert "proved" in absent.summary()


MASKS = {
    "list": [False, False, True],
    "array": np.array([False, False, True]),
    "tuple of numpy": (np.False_, np.False_, np.True_),
    "indices": [2],
    "numpy indices": np.array([2]),
    "text": ["2"],
}


@pytest.mark.parametrize("locked", MASKS.values(), ids=MASKS)
def test_locked_items_are_indices_or_one_truth_value_an_item(locked):
    answer = solve([1, 20, 300], 300, locked=locked)
    assert (answer.subset, answer.error) == ((2,), 0)
    assert solve([1, 20, 300], 0, eps=400, locked=locked).subset[-1] == 2


@pytest.mark.parametrize(
    "locked", [[True], [True, False], [True, False, True, False], [True, 0, 2], [1.0], ["1/2"]]
)
def test_what_is_neither_is_refused(locked):
    with pytest.raises(BadInput, match="locked"):
        solve([1, 20, 300], 300, locked=locked)


def test_a_mask_of_one_item_is_a_mask():
    assert solve([7], 0, locked=[False]).subset == ()
    assert solve([7], 0, locked=[True]).subset == (0,)


@pytest.mark.parametrize("size", [2, 2.0, np.int64(2), "2", Fraction(2)])
def test_a_size_is_a_whole_number_however_it_is_written(size):
    assert solve([1, 2, 3], 3, size=size).subset == (0, 1)
    assert solve([1, 2, 3], 3, size=size, eps="1/2", locked=[0]).subset == (0, 1)


def test_a_size_is_blamed_as_it_was_given():
    with pytest.raises(BadInput, match="size = 1: must be from 2 to 3 items, the 2 locked ones"):
        solve([1, 2, 3], 0, size=1, locked=[0, 1])
    for size in (2.5, True, "two"):
        with pytest.raises(BadInput, match="size"):
            solve([1, 2, 3], 3, size=size)


def test_text_is_the_number_as_written():
    tiny = Fraction(1, 10**18)
    assert solve(["0.1", "0.2"], "0.3", eps=tiny).error == 0
    assert solve(np.array(["1/10", "1/5"]), "3/10", eps="1e-18").error == 0
    assert solve([0.1, 0.2], Fraction(3, 10), eps=tiny).proof_of_absence


def test_long_doubles_are_exact_or_refused():
    near = np.longdouble(1) + np.longdouble(2) ** -40
    assert solve(np.array([near]), 1).error == Fraction(1, 2**40)
    nearer = np.longdouble(1) + np.longdouble(2) ** -60
    with pytest.raises(NotFoundWithinLimits):
        solve(np.array([nearer]), 1, eps=Fraction(1, 2**61))
