"""The sequential test: exact level, stated power, and no dependence on a seed."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb

import pytest

from slt_theory.errors import BadInput
from slt_theory.statistics import binomial_alarm
from slt_theory.testing import ChanceLemma, LemmaFails, all_lemmas, assert_lemma, counts
from slt_theory.testing.chance import looks

CHANCES = [lemma for lemma in all_lemmas() if isinstance(lemma, ChanceLemma)]


def coin(claimed: Fraction, truth: Fraction) -> ChanceLemma:
    return ChanceLemma(
        "coin",
        "a coin of known chance",
        {"k": counts(0, 0)},
        at_least=lambda: claimed,
        trial=lambda rng: bool(rng.integers(truth.denominator) < truth.numerator),
    )


def test_looks_grow_by_four_and_end_at_the_last_trial() -> None:
    assert looks(32) == (32,)
    assert looks(2048) == (32, 128, 512, 2048)
    assert looks(1000) == (32, 128, 512, 1000)


@pytest.mark.parametrize(("p0", "trials", "alpha"), [*product((0.9, 0.5), (32, 128), (1e-3, 1e-9))])
def test_each_look_spends_at_most_its_share(p0: float, trials: int, alpha: float) -> None:
    threshold = binomial_alarm(p0, p0 / 2, trials, alpha=alpha).threshold
    p = Fraction(p0)

    def below(k: int) -> Fraction:
        return sum(
            (comb(trials, i) * p**i * (1 - p) ** (trials - i) for i in range(k + 1)), Fraction(0)
        )

    assert below(threshold) <= Fraction(alpha) < below(threshold + 1)


def test_a_false_chance_is_refuted_and_the_power_is_stated() -> None:
    test = coin(Fraction(9, 10), Fraction(1, 2)).test(k=0, trials=2048, seed=1)
    assert test.refuted
    assert test.trials <= 128
    assert test.power > 0.999
    assert test.alternative == pytest.approx(0.8)
    with pytest.raises(LemmaFails, match=r"claimed 0\.9"):
        assert_lemma(coin(Fraction(9, 10), Fraction(1, 2)))


def test_a_chance_of_one_is_refuted_by_one_failure() -> None:
    assert coin(Fraction(1), Fraction(99, 100)).test(k=0, trials=2048, seed=0).refuted


def test_same_seed_same_numbers() -> None:
    lemma = coin(Fraction(1, 2), Fraction(1, 2))
    first, again, other = (lemma.test(k=0, trials=512, seed=s) for s in (3, 3, 4))
    assert first == again
    assert first.successes != other.successes


def test_nothing_is_tested_where_nothing_is_claimed() -> None:
    with pytest.raises(BadInput, match="claims nothing"):
        coin(Fraction(0), Fraction(1, 2)).test(k=0)


@pytest.mark.parametrize("seed", [11, 12, 13])
@pytest.mark.parametrize("lemma", CHANCES, ids=lambda m: m.id)
def test_no_false_alarm(lemma: ChanceLemma, seed: int) -> None:
    assert_lemma(lemma, trials=256, seed=seed)


@pytest.mark.long
@pytest.mark.parametrize("lemma", CHANCES, ids=lambda m: m.id)
def test_no_false_alarm_in_two_hundred_runs(lemma: ChanceLemma) -> None:
    for seed in range(200):
        assert_lemma(lemma, trials=512, seed=1_000_000 + seed)
