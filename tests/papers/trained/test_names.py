"""The name of a claim's numbers stays where numbers stay, and moves where they move."""

from __future__ import annotations

import pytest

from slt_theory.experiments import claim_names
from slt_theory.experiments.claim_names import module_of, name_of, sources
from slt_theory.theorems import entry
from slt_theory.torch.train import loop, mlp

CLAIM = entry("elsa2023-extraction")


def fresh_name():
    claim_names._name.cache_clear()
    claim_names._bits.cache_clear()
    return name_of(CLAIM)


@pytest.fixture(autouse=True)
def no_name_stays_behind():
    yield
    claim_names._name.cache_clear()
    claim_names._bits.cache_clear()


def test_a_name_reaches_the_design_and_other_papers_systems():
    module = module_of(entry("frankle2019-matching"))
    assert module == "slt_theory.papers.trained.frankle2019_matching"
    reached = sources(module)
    assert {
        "slt_theory.papers.trained.frankle2019",
        "slt_theory.papers.trained.shared.arms",
        "slt_theory.papers.trained.shared.speed",
    } <= set(reached)
    assert "slt_theory.papers.trained.wang2022" not in reached


def test_comments_and_docstrings_are_no_code(tmp_path):
    def read(text):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.py"
        path.write_text(text)
        return claim_names._read(path)[0]

    plain = read('"""Words."""\ndef twice(x):\n    """More."""\n    return 2 * x\n')
    assert plain == read("def twice(x):\n    # a comment\n    return (2 * x)\n")
    # Planted errors: another number, another word that is a value.
    assert plain != read("def twice(x):\n    return 3 * x\n")
    assert read("kept = ['a']") != read("kept = ['b']")


def test_a_last_bit_in_a_layer_is_another_name(monkeypatch):
    before = fresh_name()
    assert fresh_name() == before
    dense = mlp.dense

    def off(tensors, name, inputs):
        return dense(tensors, name, inputs) * (1 + 2**-23)

    monkeypatch.setattr(mlp, "dense", off)
    assert fresh_name() != before


def test_another_optimiser_is_another_name(monkeypatch):
    before, optimiser = fresh_name(), loop.Recipe.optimiser

    def faster(recipe, variables):
        made = optimiser(recipe, variables)
        made.param_groups[0]["weight_decay"] = 0.1
        return made

    monkeypatch.setattr(loop.Recipe, "optimiser", faster)
    assert fresh_name() != before


def test_another_verdict_is_another_name(monkeypatch):
    """What stands beneath and trains nothing is seen by the claim at a small size."""
    from slt_theory.papers.trained.shared import verdicts

    before, paired = fresh_name(), verdicts.paired_verdict
    monkeypatch.setattr(
        verdicts, "paired_verdict", lambda rows, **more: paired([-row for row in rows], **more)
    )
    assert fresh_name() != before
