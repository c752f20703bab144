"""The main job in processes: the parts, their results, and their order are those of one process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from slt_theory import proofs
from slt_theory.errors import BadInput
from slt_theory.report import main_job
from slt_theory.report.main_job import JobPart, MainJob, run_parts
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
        JobPart("laws", main_job._laws, ("uniform",)),
        JobPart("bounds", main_job._bounds, ("1/10", 0.1)),
        JobPart("checks", main_job._verdicts, (first,)),
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
    parts = [*some()[:1], JobPart("laws", main_job._laws, ("no law",))]
    for workers in (1, 2):
        with pytest.raises(BadInput, match="no law"):
            run_parts(parts, tmp_path, full=False, seed=3, workers=workers)


def test_a_fault_ends_the_job_before_parts_that_wait(tmp_path):
    """The parts behind the fault would write a file each."""
    parts = [JobPart("laws", main_job._laws, ("no law",))] * 2
    parts += [JobPart(f"mark {k}", mark, (k,)) for k in range(200)]
    with pytest.raises(BadInput, match="no law"):
        run_parts(parts, tmp_path, full=False, seed=3, workers=2)
    assert len(list(tmp_path.glob("mark*"))) < 200


def mark(job: MainJob, out: Path, number: int) -> None:
    """Leave a file behind, slowly."""
    time.sleep(0.05)
    (out / f"mark{number}").touch()


def test_every_entry_proof_and_ticket_is_a_part_once():
    parts = main_job._parts()
    entries = [name for p in parts if p.fill is main_job._verdicts for name in p.arguments[0]]
    assert entries == [entry.id for entry in all_theorems()]
    families = [set(p.arguments[0]) for p in parts if p.fill is main_job._proofs]
    assert sorted(name for family in families for name in family) == sorted(proofs.IDS)
    for family in families:
        assert all(set(proofs.get(name).rests_on) <= family for name in family)
    numbers = [p.arguments for p in parts if p.fill is main_job._tickets]
    assert numbers == [(k,) for k in range(len(main_job.TICKETS))]


def test_what_a_part_skips_is_said_once():
    job = MainJob(full=False, seed=0)
    for _ in range(2):
        job.take(MainJob(full=False, seed=0, skipped=["no digits"], figure={"rows": 1}))
    assert (job.skipped, job.figure) == (["no digits"], {"rows": 1})
