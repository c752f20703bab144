"""Every lemma of the library, and every false one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from slt_theory.proofs import get as get_proof

from slt_theory import testing
from slt_theory.testing import (
    ChanceLemma,
    Counterexample,
    Falsification,
    Lemma,
    all_lemmas,
    assert_lemma,
    false_lemmas,
    falsify,
    get_lemma,
)

TRUE = {lemma.id: lemma for lemma in all_lemmas()}
FALSE = {lemma.id: lemma for lemma in false_lemmas()}


def test_there_are_enough_and_ids_differ() -> None:
    assert len(TRUE) == len(all_lemmas()) >= 30
    assert len(FALSE) == len(false_lemmas()) >= 30
    assert not set(TRUE) & set(FALSE)


@pytest.mark.parametrize("lemma_id", TRUE)
def test_no_counterexample_to(lemma_id: str) -> None:
    assert_lemma(TRUE[lemma_id], cases=240, trials=256)


@pytest.mark.long
@pytest.mark.parametrize("lemma_id", TRUE)
def test_no_counterexample_in_a_long_search(lemma_id: str) -> None:
    assert_lemma(TRUE[lemma_id], cases=20_000, trials=8192)


@pytest.mark.parametrize("lemma_id", sorted({m.proof for m in TRUE.values() if m.proof}))
def test_the_proof_exists(lemma_id: str) -> None:
    assert get_proof(lemma_id).id == lemma_id


def _lengths(value: Any) -> Iterator[int]:
    if isinstance(value, tuple):
        yield len(value)
        for part in value:
            yield from _lengths(part)


@cache
def hunted(lemma_id: str) -> Falsification:
    return falsify(FALSE[lemma_id], budget=60)


@pytest.mark.parametrize("lemma_id", FALSE)
def test_falsify_finds_a_small_counterexample(lemma_id: str) -> None:
    outcome = hunted(lemma_id)
    assert outcome.found
    assert outcome.counterexample is not None
    # No list in it, of items, units, tokens or pixels in a row, is longer than six.
    assert all(n <= 6 for v in outcome.counterexample.values.values() for n in _lengths(v))
    code = outcome.counterexample.code()
    exec(compile(code, "counterexample", "exec"), {})
    assert "float" not in code


@pytest.mark.parametrize("lemma_id", [i for i in FALSE if isinstance(FALSE[i], Lemma)])
def test_shrunk_counterexamples_are_minimal(lemma_id: str) -> None:
    lemma = FALSE[lemma_id]
    assert isinstance(lemma, Lemma)
    outcome = hunted(lemma_id)
    assert isinstance(outcome.counterexample, Counterexample)
    case = lemma.frame.decode(outcome.counterexample.word)
    assert lemma.frame.values(case) == outcome.counterexample.values
    cost = lemma.frame.cost(case)
    for simpler in lemma.frame.simpler(case):
        if lemma.frame.cost(simpler) < cost:
            assert not lemma.is_refuted_by(lemma.frame.values(simpler))


def test_a_library_lemma_by_id() -> None:
    greedy = get_lemma("false-greedy-golden-ratio")
    assert isinstance(greedy, Lemma)
    assert greedy.at(shares=(Fraction(0), Fraction(1)), at=Fraction(1, 2)) < 0
    assert isinstance(get_lemma("lemma-r"), ChanceLemma)
    assert get_lemma("slt-rss-explicit") is get_lemma("lemma-r")
    assert all(lemma.theorem is None and lemma.proof is None for lemma in false_lemmas())


def test_no_submodule_takes_the_place_of_a_public_name() -> None:
    # A submodule becomes an attribute of its package once it is imported.
    folder = Path(testing.__file__).parent
    submodules = {path.stem for path in folder.iterdir()}
    assert not submodules & set(testing.__all__)
