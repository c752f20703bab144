"""Contracts that every catalogue entry keeps."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from slt_theory.errors import BadInput
from slt_theory.experiments.catalogue import run_check
from slt_theory.theorems import Claim, Theorem, all_entries, all_theorems, get
from slt_theory.theorems.checks import Check, Label, SumsCheck, all_of
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.page import catalogue_markdown
from slt_theory.theorems.status import LEVELS, status_of
from slt_theory.theorems.symbols import SYMBOLS

ENTRIES = all_theorems()
IDS = [entry.id for entry in ENTRIES]
with_formula = pytest.mark.parametrize(
    "entry", [e for e in ENTRIES if e.bound is not None], ids=lambda e: e.id
)

#: Parameters at which every condition that can be broken is.
WILD = dict.fromkeys(SYMBOLS, -1.0) | {
    "eps": -1.0,
    "delta": 2.0,
    "lo": -9.0,
    "hi": 9.0,
    "ratio": 0.1,
    "activation": "tanh",
    "half_width": 2,
    "quantised": False,
    "stride": 0,
    "a": -1,
    "window_length": 2.0,
    "l": 3,
    **dict.fromkeys(("critical_paths", "generic", "zero_entry", "interior"), False),
    **dict.fromkeys(("width", "rank", "capacity", "free", "k_over_n", "scale", "atoms"), -1.0),
    **dict.fromkeys(("rhs_negative", "locked", "moved_norm", "M_target"), 9.0),
    "features": -2.0,
}
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=IDS)


def test_the_catalogue_is_large_enough_and_ids_are_unique() -> None:
    assert len(ENTRIES) >= 80
    assert len({entry.source.paper.key for entry in ENTRIES} - {"slt"}) >= 35
    assert len(set(IDS)) == len(IDS)


@every_entry
def test_record_is_complete(entry: Theorem) -> None:
    paper = entry.source.paper
    assert entry.id.startswith(paper.key + "-")
    assert not any(part.isdigit() for part in entry.id.removeprefix(paper.key).split("-"))
    assert paper.authors
    assert paper.title
    assert paper.venue
    assert 1970 <= paper.year <= 2026
    assert entry.source.locator
    assert entry.source.version
    assert len(entry.statement) > 60
    assert entry.quantifiers.error
    assert entry.conditions
    assert entry.checks
    assert entry.unit
    assert status_of(entry).complete


@every_entry
def test_names_of_checks_are_unique_and_runnable(entry: Theorem) -> None:
    names = [check.name for check in entry.checks]
    assert len(set(names)) == len(names)
    assert any(not check.issue for check in entry.checks)
    for check in entry.checks:
        assert check.what
        if isinstance(check, Check):
            assert callable(check.run)


@every_entry
def test_issue_checks_and_known_issues_point_at_each_other(entry: Theorem) -> None:
    shown = {issue.shown_by for issue in entry.known_issues if issue.shown_by}
    assert shown == {check.name for check in entry.checks if check.issue}
    for issue in entry.known_issues:
        if issue.refutes:
            assert issue.shown_by


@every_entry
def test_links_exist_and_do_not_run_in_circles(entry: Theorem) -> None:
    def below(node: Theorem, path: tuple[str, ...]) -> None:
        assert node.id not in path, " -> ".join((*path, node.id))
        for link in (*node.uses, *node.proof_uses):
            below(get(link), (*path, node.id))

    below(entry, ())


@every_entry
def test_proofs_exist(entry: Theorem) -> None:
    from slt_theory import proofs

    named = [entry.proof, *(issue.proof for issue in entry.known_issues)]
    for proof in named:
        assert proof is None or proof in proofs.IDS
    assert status_of(entry).proof_level in LEVELS


@every_entry
def test_constants_say_where_they_stand(entry: Theorem) -> None:
    for constant in entry.constants:
        assert (constant.value is None) <= (constant.provenance in ("unnamed", "fitted"))
        if constant.provenance == "unnamed":
            assert constant.value is None
            assert not constant.refutable
        if constant.provenance == "derived":
            # A derived constant is anchored to a proof, or to a check that could refute it.
            assert entry.proof is not None or any(not c.issue for c in entry.checks)
    if entry.named_n is not None:
        assert all(c.value is not None for c in entry.constants)


@every_entry
def test_assumptions_run(entry: Theorem) -> None:
    example = {name: symbol.example for name, symbol in SYMBOLS.items()}
    for parameters in ({}, {"eps": 0.01, "delta": 0.01, "lo": -0.5, "hi": 0.5}, example):
        for assumption in entry.conditions:
            assert isinstance(assumption.holds(dict(parameters)), bool)
    assert entry.broken_assumptions({}) == []


@every_entry
def test_some_assumption_can_fail(entry: Theorem) -> None:
    assert entry.broken_assumptions(WILD)


@with_formula
def test_formula_has_known_symbols_and_two_equal_forms(entry: Theorem) -> None:
    import sympy as sp

    formula = entry.bound
    assert formula is not None
    assert set(formula.symbols) <= set(SYMBOLS)
    names = {name: sp.Symbol(name, real=True) for name in formula.symbols}
    expression = sp.sympify(formula.text, locals=names)
    assert {str(s) for s in expression.free_symbols} == set(formula.symbols)
    for factor in (1.0, 0.83):
        values = {name: SYMBOLS[name].example for name in formula.symbols}
        for name in {"eps", "delta"} & set(values):
            values[name] *= factor
        exact = float(expression.subs({names[k]: v for k, v in values.items()}).evalf(30))
        assert math.isclose(formula(**values), exact, rel_tol=1e-9), entry.id


@with_formula
@pytest.mark.parametrize("name", ["eps", "delta"])
def test_formula_falls_with_eps_and_delta(entry: Theorem, name: str) -> None:
    formula = entry.bound
    assert formula is not None
    if name not in formula.symbols:
        return
    values = {symbol: SYMBOLS[symbol].example for symbol in formula.symbols}
    results = [formula(**values | {name: x}) for x in (1e-6, 1e-4, 1e-3, 1e-2, 5e-2)]
    assert results == sorted(results, reverse=True)
    assert results[0] > results[-1] or "rho" in values


@every_entry
def test_anchors_are_reproduced(entry: Theorem) -> None:
    for anchor in entry.anchors:
        assert anchor.computed() == anchor.value, anchor.text


@every_entry
def test_record_is_plain_data(entry: Theorem) -> None:
    record = entry.to_dict()
    assert json.loads(json.dumps(record)) == record
    assert record["constants_named"] == (entry.named_n is not None)


def test_anchors_and_named_constants_are_there() -> None:
    assert sum(len(entry.anchors) for entry in ENTRIES) >= 8


def _labelled(label: str) -> set[str]:
    return {e.id for e in ENTRIES if any(c.label == label for c in e.checks)}


def test_only_what_was_read_is_called_a_gap() -> None:
    assert _labelled("gap-read") == {"natale2024-amplified", "kumar2025-quantised"}
    assert _labelled("recalled-fails") == {
        "gadhikar2023-subset-sum",
        "otsuka2024-locked-subset-sum",
    }
    assert _labelled("not-claimed") >= {"malach2020-weights", "xiong2023-perturbation"}


@pytest.mark.parametrize("entry", all_entries(), ids=lambda e: e.id)
def test_labels_follow_trust_and_checks(entry: Theorem | Claim) -> None:
    for issue in entry.known_issues:
        assert (entry.label(issue) == "remark") == (issue.shown_by is None)
        if issue.refutes:
            assert entry.label(issue) in ("gap-read", "recalled-fails")
    for check in entry.checks:
        if check.label == "gap-read":
            assert entry.source.trust == "read"
        if check.label == "recalled-fails":
            assert entry.source.trust not in ("read", "derived")
        if check.issue:
            assert check.role == "statement"


@pytest.mark.parametrize("label", ["holds", "gap-read", "recalled-fails", "not-claimed"])
def test_lists_say_violated_of_what_was_read_alone(label: Label) -> None:
    planted = Check("planted", "false", lambda seed: all_of(["0"], 1, "no"), label=label)
    record = run_check(planted, trust="recalled-mid").to_dict()
    assert (record["label"], record["trust"]) == (label, "recalled-mid")
    assert (record["verdict"] == "VIOLATED") == (label in ("holds", "gap-read"))


def test_papers_can_be_found() -> None:
    for entry in all_entries():
        paper = entry.source.paper
        assert paper.authors
        assert paper.title
        assert 1970 <= paper.year <= 2026
        assert entry.source.locator
        if paper.key != "slt":
            assert paper.identifier, paper.key


def test_unknown_ids_name_the_nearest() -> None:
    with pytest.raises(BadInput, match="lueker1998-rss"):
        get("lueker1998")
    with pytest.raises(BadInput, match="its checks"):
        get("lueker1998-rss").check("none")


def test_catalogue_page_is_there() -> None:
    page = Path(__file__).parents[2] / "docs" / "catalogue.md"
    text = page.read_text(encoding="utf-8")
    for entry in ENTRIES:
        assert f"### {entry.id}\n" in text
    assert [line for line in catalogue_markdown().splitlines() if line.startswith("###")] == [
        line for line in text.splitlines() if line.startswith("###")
    ]


def test_papers_that_were_not_reached_are_listed() -> None:
    section = catalogue_markdown().partition("## Papers whose text was not reached")[2]
    listed = set(re.findall(r"\[([a-z0-9]+)\]\(#", section.partition("\n## ")[0]))
    trusts: dict[str, set[str]] = {}
    for entry in ENTRIES:
        trusts.setdefault(entry.source.paper.key, set()).add(entry.source.trust)
    assert listed == {
        key for key, kinds in trusts.items() if key != "slt" and not kinds & {"read", "code"}
    }


def test_listing_needs_no_compiler() -> None:
    code = (
        "import sys; from slt_theory.theorems import all_theorems; all_theorems();"
        "from slt_theory.theorems.graph import catalogue_graph; catalogue_graph();"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_sums_checks_say_what_they_ask() -> None:
    asks = [c.asks for e in ENTRIES for c in e.checks if isinstance(c, SumsCheck)]
    assert {key for ask in asks for key in ask} == {"dim", "size", "lock", "prune"}


@every_entry
def test_a_condition_is_said_and_asked_in_one_place(entry: Theorem) -> None:
    """Deleting a condition deletes its words and its test together."""
    assert len({one.text for one in entry.conditions}) == len(entry.conditions)
    for one in entry.conditions:
        assert one.reads
        placed = isinstance(entry.statement, Statement) and one in entry.statement.conditions
        without = replace(
            entry,
            statement=entry.statement.without(one) if placed else entry.statement,
            assumptions=tuple(other for other in entry.assumptions if other is not one),
        )
        assert len(without.conditions) == len(entry.conditions) - 1
        assert one.text not in str(without.statement), "the words stand in a second place"
        assert one.text not in without.to_dict()["assumptions"]
        assert one.text not in without.broken_assumptions(WILD)


#: Conclusions and sizes that look like one.
NO_HYPOTHESIS = {
    ("becchetti2022-fixed-size-vectors", "n >= 1"),
    ("natale2024-explicit", "n >= 2"),
    ("slt-rss-counting", "delta >= 2"),
    ("slt-relu-gadget", "x >= 0"),
    ("slt-relu-gadget", "x <= 0"),
    ("slt-frozen-scaling", "b > 0"),
}
#: A bound on a quantity of the setting, which is a hypothesis wherever it stands.
HYPOTHESIS = re.compile(
    r"\b(eps|delta|alpha|beta|gamma|eta|lambda|kappa|[a-z]|k/n|n2)\s*(<=|>=|<|>)\s*"
    r"(\d|n\b|max\(|n1)"
    r"|\|\|(W_?[A-Za-z]*|K_i)\|\|\S*\s*<="
)


@every_entry
def test_no_hypothesis_hides_in_words(entry: Theorem) -> None:
    words = entry.statement
    if isinstance(words, Statement):
        words = f"{words.setting}. {words.claim}"
    found = [m.group(0) for m in HYPOTHESIS.finditer(words)]
    assert not [h for h in found if (entry.id, h) not in NO_HYPOTHESIS], found


def test_a_hypothesis_in_words_alone_is_found() -> None:
    assert HYPOTHESIS.search("X_i iid, 1 <= k <= 0.84 n, eps < 1/16. If a network")
    assert HYPOTHESIS.search("f with ||W_i|| <= 1")


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("turner2020-discrepancy", {"m": 50, "n": 10}),
        ("turner2020-algorithm", {"m": 3, "n": 100}),
        ("otsuka2026-attention", {"alpha": 1.0, "d_in": 100}),
        ("otsuka2026-block", {"alpha": 2.0, "d": 5}),
        ("zeng2024-fully-connected", {"rank": 4, "d": 50, "r": 10}),
        ("zeng2024-transformer", {"rank": 3, "d": 8}),
        ("giannou2023-normalisation", {"width": 15, "d": 4}),
        ("burkholz2024-batch-normalisation", {"features": 9, "N": 10}),
        ("fischer2022-planted", {"k": 11, "n": 10}),
        ("otsuka2024-locked-subset-sum", {"locked": 101, "free": 10}),
        ("kumar2025-shallow", {"M": 16, "M_target": 32}),
        ("orseau2020-hyperbolic", {"a": 2.0, "b": 1.0}),
    ],
)
def test_a_condition_on_two_parameters_is_held_against_a_question(
    name: str, question: dict[str, float]
) -> None:
    assert get(name).broken_assumptions(question)
    some = next(iter(question))
    assert not get(name).broken_assumptions({some: question[some]})


def test_a_condition_reads_what_a_question_names() -> None:
    """A ratio of two parameters is no parameter, except where both are read as well."""
    for entry in ENTRIES:
        for one in entry.conditions:
            ratios = {name for name in one.reads if "_over_" in name}
            assert ratios <= {"k_over_n"}, (entry.id, ratios)
            assert not ratios or {"k", "n"} <= set(one.reads)
