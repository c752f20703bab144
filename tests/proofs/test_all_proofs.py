"""Every proof holds; every proof fails when one of its constants is moved the unsafe way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from slt_theory.proofs.kit import LEVELS, Proof

from slt_theory import proofs


@pytest.mark.parametrize("name", proofs.IDS)
def test_proof_holds(name: str) -> None:
    """By its own steps: the proofs that it rests on have their turn in this list, too."""
    proof = proofs.get(name)
    result = proof.run(map(proofs.level_of, proof.rests_on))
    assert result.failed == ()
    assert result.level in LEVELS[1:]
    assert result.level == proofs.level_of(name)
    assert result.to_dict()["id"] == name


def first_failing(proof: Proof, original: Proof) -> Proof | None:
    """The proof of one failing step alone; steps whose text was changed are tried first."""
    known = {(one.claim, one.why) for one in original.steps}
    for one in sorted(proof.steps, key=lambda one: (one.claim, one.why) in known):
        alone = replace(proof, steps=(one,))
        if alone.run().failed:
            return alone
    return None


@pytest.mark.parametrize("name", proofs.IDS)
def test_moved_constant_fails(name: str) -> None:
    variants = proofs.unsafe_variants(name)
    assert variants
    for variant in variants:
        failing = first_failing(variant, proofs.get(name))
        assert failing is not None, f"{name} still passes with an unsafe constant"
        assert failing.run(["enclosure"]).level == "none"


def test_running_a_proof_runs_what_it_rests_on() -> None:
    (result,) = proofs.run(["scaling-rule"])
    assert result.id == "scaling-rule"
    assert result.ok
    assert result.level == proofs.level_of("scaling-rule")


def test_enough_proofs_above_cited() -> None:
    """Levels of proofs that hold, as `test_proof_holds` sees."""
    found = [proofs.level_of(name) for name in proofs.IDS]
    assert len(found) >= 25
    assert sum(level in ("symbolic", "enclosure") for level in found) >= 15


def test_references_exist() -> None:
    for proof in proofs.all_proofs():
        assert set(proof.rests_on) <= set(proofs.IDS)
        assert proof.id in proofs.IDS


def test_rests_on_has_no_circle() -> None:
    order: dict[str, int] = {}

    def depth(name: str, path: tuple[str, ...]) -> int:
        assert name not in path
        if name not in order:
            below = (depth(r, (*path, name)) for r in proofs.get(name).rests_on)
            order[name] = 1 + max(below, default=0)
        return order[name]

    for name in proofs.IDS:
        depth(name, ())
