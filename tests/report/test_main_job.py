"""The main job in processes: the parts, their results, and their order are those of one process."""

from __future__ import annotations

import os
import time
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from slt_theory.figures import FIGURES

from slt_theory import proofs
from slt_theory.errors import BadInput
from slt_theory.report import parts
from slt_theory.report.drawings import draw_stored
from slt_theory.report.job import JobPart, MainJob
from slt_theory.report.main_job import run_parts
from slt_theory.theorems import all_theorems


def results(job: MainJob) -> dict[str, Any]:
    """All but times."""
    record = job.to_dict()
    for row in record["verdicts"] + record["proofs"]:
        row.pop("seconds", None)
    return record


def some() -> list[JobPart]:
    """Cheap parts of every kind but tickets and the figure."""
    first = [entry.id for entry in all_theorems()][:2]
    return [
        JobPart("laws", parts._laws, ("uniform",)),
        JobPart("bounds", parts._bounds, ("1/10", 0.1)),
        JobPart("checks", parts._verdicts, (first,)),
    ]


def test_processes_give_what_one_process_gives_in_the_same_order(tmp_path):
    said: list[str] = []
    alone = run_parts(some(), tmp_path, full=False, seed=3, workers=1)
    apart = run_parts(some(), tmp_path, full=False, seed=3, workers=2, step=said.append)
    assert [results(job) for job in alone] == [results(job) for job in apart]
    assert alone[0].laws
    assert alone[1].bounds
    assert alone[2].verdicts
    assert [text[:6] for text in said] == ["1 of 3", "2 of 3", "3 of 3"]


def test_an_error_of_a_part_is_the_error_of_the_job(tmp_path):
    wrong = [*some()[:1], JobPart("laws", parts._laws, ("no law",))]
    for workers in (1, 2):
        with pytest.raises(BadInput, match="no law"):
            run_parts(wrong, tmp_path, full=False, seed=3, workers=workers)


def test_a_fault_ends_the_job_before_parts_that_wait(tmp_path):
    """The parts behind the fault would write a file each."""
    wrong = [JobPart("laws", parts._laws, ("no law",))] * 2
    wrong += [JobPart(f"mark {k}", mark, (k,)) for k in range(200)]
    with pytest.raises(BadInput, match="no law"):
        run_parts(wrong, tmp_path, full=False, seed=3, workers=2)
    assert len(list(tmp_path.glob("mark*"))) < 200


def mark(job: MainJob, out: Path, number: int) -> None:
    """Leave a file behind, slowly."""
    time.sleep(0.05)
    (out / f"mark{number}").touch()


def test_one_process_takes_the_first_parts_and_the_other_the_last(tmp_path):
    """A kernel that the first parts share is compiled by one process alone."""
    pieces = [JobPart(f"who {k}", who, (k,)) for k in range(12)]
    run_parts(pieces, tmp_path, full=False, seed=3, workers=2)
    by = [(tmp_path / f"who{k}").read_text() for k in range(12)]
    assert [len(list(same)) for _, same in groupby(by)] == [by.count(by[0]), by.count(by[-1])]


def who(job: MainJob, out: Path, number: int) -> None:
    """Leave the process id behind, slowly."""
    time.sleep(0.02)
    (out / f"who{number}").write_text(str(os.getpid()))


def test_every_entry_proof_ticket_and_figure_is_a_part_once():
    pieces = parts.job_parts()
    entries = [name for p in pieces if p.fill is parts._verdicts for name in p.arguments[0]]
    assert entries == [entry.id for entry in all_theorems()]
    families = [set(p.arguments[0]) for p in pieces if p.fill is parts._proofs]
    assert sorted(name for family in families for name in family) == sorted(proofs.IDS)
    for family in families:
        assert all(set(proofs.get(name).rests_on) <= family for name in family)
    numbers = [p.arguments for p in pieces if p.fill is parts._tickets]
    assert numbers == [(k,) for k in range(len(parts.TICKETS))]
    assert [p.arguments for p in pieces if p.fill is parts._drawing] == [(n,) for n in FIGURES]


def test_parts_that_compile_and_long_proofs_stand_at_opposite_ends():
    fills = [p.fill for p in parts.job_parts()]
    assert fills[0] is parts._figure
    assert fills[-1] is parts._proofs
    light = [k for k, fill in enumerate(fills) if fill in (parts._drawing, parts._proofs)]
    assert light == list(range(light[0], len(fills)))


def test_a_figure_is_the_same_after_any_other(tmp_path):
    """Processes draw different ones first."""
    for names in (("growth", "masks"), ("masks", "growth")):
        drawn = [draw_stored(name, tmp_path / names[0])[0] for name in names]
        assert [one["name"] for one in drawn] == list(names)
    for name in ("growth", "masks"):
        first, second = (tmp_path / by / f"{name}.svg" for by in ("growth", "masks"))
        assert first.read_bytes() == second.read_bytes()


def test_what_a_part_skips_is_said_once():
    job = MainJob(full=False, seed=0)
    for _ in range(2):
        job.take(MainJob(full=False, seed=0, skipped=["no digits"], figure={"rows": 1}))
    assert (job.skipped, job.figure) == (["no digits"], {"rows": 1})
