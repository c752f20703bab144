"""Every proof holds; every proof fails when one of its constants is moved the unsafe way."""

from __future__ import annotations

import pytest
from slt_theory.proofs.kit import LEVELS

from slt_theory import proofs


@pytest.fixture(scope="module")
def results() -> dict[str, proofs.ProofResult]:
    return {}


@pytest.mark.parametrize("name", proofs.IDS)
def test_proof_holds(name: str, results: dict[str, proofs.ProofResult]) -> None:
    result = proofs.run([name])[0]
    results[name] = result
    assert result.failed == ()
    assert result.level in LEVELS[1:]
    assert result.level == proofs.level_of(name)
    assert result.to_dict()["id"] == name


@pytest.mark.parametrize("name", proofs.IDS)
def test_moved_constant_fails(name: str) -> None:
    variants = proofs.unsafe_variants(name)
    assert variants
    for variant in variants:
        result = variant.run()
        assert result.failed, f"{name} still passes with an unsafe constant"
        assert result.level == "none"


def test_enough_proofs_above_cited(results: dict[str, proofs.ProofResult]) -> None:
    found = [results.get(name) or proofs.run([name])[0] for name in proofs.IDS]
    assert len(found) >= 25
    assert sum(r.level in ("symbolic", "enclosure") for r in found) >= 15


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
