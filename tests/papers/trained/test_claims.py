"""What every claim of the wider field must have, and that its machinery decides."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import slt_theory.papers.trained as trained
from slt_theory.errors import BadInput
from slt_theory.experiments import claim_runs
from slt_theory.experiments.catalogue import run_entry
from slt_theory.experiments.claim_runs import parts_folder, run_claims, run_part
from slt_theory.papers.trained.shared.arms import Arms, Beats, Comparison, Within
from slt_theory.papers.trained.shared.verdicts import SMALL, Scale, beats, equivalent, not_worse
from slt_theory.statistics import Verdict
from slt_theory.theorems import all_claims, all_theorems, entry, get
from slt_theory.theorems.status import status_of

CLAIMS = all_claims()
FILES = sorted(Path(trained.__path__[0]).glob("[a-z]*.py"))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_says_both_scopes_and_could_come_out_otherwise(claim):
    assert status_of(claim).complete
    assert claim.id.startswith(claim.source.paper.key + "-")
    statement = {check.expected for check in claim.checks if check.role == "statement"}
    for check in claim.checks:
        if isinstance(check.run, Comparison):
            assert {check.run.first, check.run.second, *check.run.beside} <= set(
                check.run.arms.table
            )
        if check.role == "mutant":
            assert {check.expected} != statement
        if check.role == "control":
            assert check.expected is Verdict.INCONCLUSIVE
    assert len({check.name for check in claim.checks}) == len(claim.checks)


def test_ids_are_unique_and_claims_have_no_bound():
    ids = [one.id for one in (*all_theorems(), *CLAIMS)]
    assert len(set(ids)) == len(ids)
    assert entry("elsa2023-extraction").kind == "claim"
    with pytest.raises(BadInput, match="slt check"):
        get("elsa2023-extraction")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_system_is_one_module_and_trains_by_the_one_loop(path):
    text = path.read_text(encoding="utf-8")
    assert "torch.optim" not in text, "the loop is slt_theory.torch.train.fit"
    assert "\nENTRIES = (" in text
    assert len(text.splitlines()) <= 340


def test_arms_are_made_once_and_compared_replicate_by_replicate():
    made = []

    def ten(seed, size):
        made.append("setting")
        return [seed + Fraction(k, 100) for k in range(size.replicates)]

    def better(values):
        made.append("better")
        return [value + Fraction(1, 50) for value in values]

    arms = Arms(ten, {"plain": list, "better": better, "0": 0}, size=Scale(10))
    outcome = Beats(arms, "better", "plain", by=Fraction(1, 50), beside=("plain",))(3)
    assert outcome.verdict is Verdict.CONSISTENT
    assert outcome.evidence.startswith("better over plain: ")
    assert set(outcome.numbers["arms"]) == {"first", "second", "plain"}
    assert Beats(arms, "plain", "better")(3).verdict is Verdict.VIOLATED
    assert Within(arms, "plain", "better", margin=Fraction(3, 100))(3).verdict is Verdict.CONSISTENT
    assert Beats(arms, "plain", "0")(3).verdict is Verdict.CONSISTENT
    assert made == ["setting", "better"]
    # A planted error: another margin is another verdict.
    assert Within(arms, "plain", "better", margin=Fraction(1, 100))(3).verdict is Verdict.VIOLATED
    with pytest.raises(BadInput, match="plain, better, 0"):
        Beats(arms, "plain", "worse")(3)


def test_verdicts_of_paired_arms():
    ten = [Fraction(k, 100) for k in range(10)]
    more = [value + Fraction(1, 50) for value in ten]
    assert beats(more, ten, "more").verdict is Verdict.CONSISTENT
    assert beats(ten, more, "less").verdict is Verdict.VIOLATED
    assert beats(ten, ten, "the same").verdict is Verdict.INCONCLUSIVE
    assert beats(more, ten, "too little", smallest=0.05).verdict is Verdict.INCONCLUSIVE
    assert not_worse(ten, more, "within", margin=0.03).verdict is Verdict.CONSISTENT
    assert not_worse(ten, more, "beyond", margin=0.01).verdict is Verdict.VIOLATED
    assert equivalent(ten, more, "alike", margin=0.03).verdict is Verdict.CONSISTENT
    assert equivalent(more, ten, "not alike", margin=0.01).verdict is Verdict.VIOLATED
    # Equal up to the margin is a tie on one side.
    assert equivalent(ten, more, "at the margin", margin=Fraction(1, 50)).verdict is (
        Verdict.INCONCLUSIVE
    )


def test_processes_do_not_change_a_report():
    claim = entry("elsa2023-extraction")
    here = run_entry(claim, seed=5, size=SMALL)
    (there,) = run_claims([claim], (5,), size=SMALL, processes=1)
    assert [(c.name, c.verdict, c.evidence) for c in here.checks] == [
        (c.name, c.verdict, c.evidence) for c in there.checks
    ]


def test_a_part_that_is_done_is_not_done_again(tmp_path, monkeypatch):
    claim, runs = entry("elsa2023-extraction"), []

    def counted(one, **options):
        runs.append(options["seed"])
        return run_entry(one, **options)

    monkeypatch.setattr(claim_runs, "run_entry", counted)
    first = run_part(claim, 5, size=SMALL, folder=tmp_path)
    assert run_part(claim, 5, size=SMALL, folder=tmp_path) == first
    assert runs == [5]
    # Another seed, another size and other code are other parts.
    run_part(claim, 6, size=SMALL, folder=tmp_path)
    run_part(claim, 5, size=Scale(3), folder=tmp_path)
    monkeypatch.setattr(claim_runs, "name_of", lambda claim: "edited")
    run_part(claim, 5, size=SMALL, folder=tmp_path)
    assert runs == [5, 6, 5, 5]
    # A file that was cut is no part.
    for path in tmp_path.iterdir():
        path.write_text(path.read_text()[:100])
    assert run_part(claim, 5, size=SMALL, folder=tmp_path).verdict is first.verdict
    assert len(runs) == 5


def test_claims_that_share_arms_run_in_one_process():
    groups = claim_runs._together(CLAIMS)
    assert sorted(claim for group in groups for claim in group) == sorted(c.id for c in CLAIMS)
    (group,) = [group for group in groups if "zhou2019-signs" in group]
    assert "frankle2019-reinitialisation" in group
    assert len(groups) > 20, "two cores share the work"


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_claims_come_out_as_recorded(claim, seed):
    """A run that was stopped goes on: a part is one claim with one seed, see `run_part`."""
    report = run_part(claim, seed, folder=parts_folder())
    open_ones = {"statement": Verdict.INCONCLUSIVE}  # recorded so where seeds differ
    wrong = [
        check.summary()
        for check in report.checks
        if check.verdict is not check.expected and check.expected is not open_ones.get(check.role)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_module_of_the_template_runs():
    page = (Path(__file__).parents[3] / "docs" / "theorem-template.md").read_text("utf-8")
    (block,) = [part for part in page.split("```")[1::2] if "ENTRIES = (\n    Claim(" in part]
    names: dict[str, object] = {"__name__": "template"}
    exec(block.removeprefix("python\n"), names)
    (claim,) = names["ENTRIES"]
    assert [check.role for check in claim.checks] == ["statement", "control", "mutant"]
    assert str(claim.checks[0].run) == "ticket beats dense"
    for check in claim.checks:
        assert len(check.run(1, SMALL).numbers["differences"]) == SMALL.replicates
