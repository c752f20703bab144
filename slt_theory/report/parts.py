"""The parts of the main job: each fills lists of an empty job and knows nothing of the others."""

from __future__ import annotations

import time
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

from slt_theory.errors import MissingExtra
from slt_theory.networks import Network
from slt_theory.report.drawings import draw_stored, svg_of
from slt_theory.report.job import JobPart, MainJob
from slt_theory.statistics import clopper_pearson

__all__ = ["TICKETS", "job_parts"]

LAWS = ("uniform", "normal", "uniform*uniform", "normal*normal", "relu(uniform)*uniform")
TICKETS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("digits_mlp", {"theorem": "pensia2020-two-layer", "eps": "1/20"}),
    ("digits_mlp", {"theorem": "pensia2020-two-layer", "eps": "1/100"}),
    ("digits_mlp", {"theorem": "pensia2020-two-layer", "network_eps": "1/10"}),
    ("digits_mlp", {"theorem": "burkholz2022-depth", "eps": "1/50", "signs": "needed"}),
    ("digits_mlp", {"theorem": "natale2024-network", "eps": "1/50", "signs": "needed"}),
    ("digits_mlp", {"theorem": "pensia2020-direct", "eps": "1/100", "objective": "best"}),
    ("digits_cnn", {"theorem": "dacunha2022-cnn", "eps": "1/50"}),
)
"""A shipped target, and what is built for it."""
BOUNDS = (("1/10", 0.1), ("1/100", 0.1), ("1/100", 0.01), ("1/1000", 0.01))
_ENTRIES = 12
"""Entries of the catalogue in one part."""


def job_parts() -> list[JobPart]:
    """Parts of the job: first those that need compiled kernels, last the long proofs.

    Figures, short and free of both, stand between: there the two ends meet (`run_parts`).
    """
    from slt_theory.theorems import all_theorems

    ids = [entry.id for entry in all_theorems()]
    figures = import_module("slt_theory.figures").FIGURES
    handfuls = [ids[k : k + _ENTRIES] for k in range(0, len(ids), _ENTRIES)]
    return [
        JobPart("success against n", _figure),
        *(JobPart(f"ticket {o['theorem']}", _tickets, (k,)) for k, (_, o) in enumerate(TICKETS)),
        *(JobPart(f"three numbers at eps = {eps}", _bounds, (eps, d)) for eps, d in BOUNDS),
        *(JobPart(f"threshold of {law}", _laws, (law,)) for law in LAWS),
        *(JobPart(f"checks {few[0]} to {few[-1]}", _verdicts, (few,)) for few in handfuls),
        *(JobPart(f"figure {name}", _drawing, (name,)) for name in figures),
        *(JobPart(f"proof {few[-1]}", _proofs, (few,)) for few in sorted(_families(), key=len)),
    ]


def _families() -> list[list[str]]:
    """Ids of proofs, together where one rests on the other."""
    proofs = import_module("slt_theory.proofs")
    families: list[set[str]] = []
    for name in proofs.IDS:
        tied = {name, *proofs.get(name).rests_on}
        joined = [family for family in families if tied & family]
        families = [family for family in families if family not in joined]
        families.append(tied.union(*joined))
    return [[name for name in proofs.IDS if name in family] for family in families]


def _figure(job: MainJob, out: Path) -> None:
    name = "success_vs_n"
    script = import_module("slt_theory.figures").load(name)
    job.figure = script.table(quick=not job.full, seed=job.seed)
    job.curves = svg_of(name, job.figure)


def _drawing(job: MainJob, out: Path, name: str) -> None:
    job.drawings += draw_stored(name, out / "figures")


def _bounds(job: MainJob, out: Path, eps: str, delta: float) -> None:
    from slt_theory.experiments.bounds import bound_numbers

    numbers = bound_numbers(
        "lueker1998-rss", eps=Fraction(eps), delta=delta, trials=_trials(job), seed=job.seed
    )
    job.bounds.append(numbers.to_dict())


def _laws(job: MainJob, out: Path, law: str) -> None:
    from slt_theory.experiments import threshold

    found = threshold(law=law, eps=Fraction(1, 100), delta=0.1, trials=_trials(job), seed=job.seed)
    job.laws.append(found.to_dict())


def _trials(job: MainJob) -> int:
    return 20_000 if job.full else 2_000


def _verdicts(job: MainJob, out: Path, ids: list[str]) -> None:
    """Every check of some entries; one that fails as recorded says of what by its label."""
    from slt_theory.experiments.catalogue import run_entry
    from slt_theory.theorems import all_theorems

    for entry in all_theorems():
        if entry.id not in ids:
            continue
        report = run_entry(entry, seed=job.seed)
        job.outcomes[entry.id] = str(report.verdict)
        for outcome in report.checks:
            job.verdicts.append(
                {
                    "claim": entry.id,
                    "check": outcome.name,
                    "what": outcome.what,
                    "verdict": outcome.finding,
                    "expected": outcome.expected_finding,
                    "role": outcome.role,
                    "label": outcome.label,
                    "trust": outcome.trust,
                    "shows_issue": outcome.shows_issue,
                    "evidence": outcome.evidence,
                    "seconds": outcome.seconds,
                }
            )
            if outcome.surprise:
                job.surprises.append(f"{entry.id}: {outcome.summary()}")


def _tickets(job: MainJob, out: Path, number: int) -> None:
    from slt_theory.data import shipped_target
    from slt_theory.networks import save_npz
    from slt_theory.tickets import build_ticket, read_ticket, verify, write_ticket

    folder, (name, options) = out / "tickets", TICKETS[number]
    target = shipped_target(name)
    target_file = folder / f"{name}.npz"
    save_npz(target, target_file)
    theorem = options["theorem"]
    which: dict[str, Any] = {k: Fraction(v) if "eps" in k else v for k, v in options.items()}
    asked = ", ".join(f"{k} = {v}" for k, v in list(options.items())[1:])
    started = time.perf_counter()
    ticket = build_ticket(target, seed=job.seed, **which)
    built = time.perf_counter() - started
    path = folder / f"{name}-{number}-{theorem}.npz"
    write_ticket(ticket, path)
    # From here on only the file counts.
    ticket = read_ticket(path, target=target)
    checked = verify(ticket, target)
    flags = " ".join(f"--{k.replace('_', '-')} {v}" for k, v in options.items())
    record = {
        **options,
        "target": name,
        "target_file": f"tickets/{target_file.name}",
        "asked": asked,
        "command": f"slt ticket build --target tickets/{target_file.name} {flags} "
        f"--seed {job.seed} --out FILE",
        "file": f"tickets/{path.name}",
        "n": ticket.blocks[0].n,
        "source_weights": ticket.source_weights,
        "kept": ticket.kept,
        "density": ticket.density,
        "seconds": built,
        "certificate": ticket.certificate,
        **checked.to_dict(),
    }
    record |= _accuracy(job, ticket, target)
    job.tickets.append(record)
    if not checked.ok:
        job.surprises.append(f"{path.name}: {'; '.join(checked.failures)}")


def _accuracy(job: MainJob, ticket: Any, target: Network) -> dict[str, Any]:
    """Held-out digits: the ticket's outputs come from its file alone."""
    from slt_theory.data import digits
    from slt_theory.tickets.agreement import agreement

    try:
        _, held_out = digits()
    except MissingExtra as error:
        job.skipped.append(str(error))
        return {"accuracy": None}
    found = agreement(ticket, target, held_out)
    lo, hi = clopper_pearson(found.ticket_correct, found.inputs)
    return {
        "accuracy": found.accuracy,
        "accuracy_low": lo,
        "accuracy_high": hi,
        "target_accuracy": found.target_correct / found.inputs,
        "agreement": found.agree / found.inputs,
    }


def _proofs(job: MainJob, out: Path, ids: list[str]) -> None:
    for result in import_module("slt_theory.proofs").run(ids):
        record = result.to_dict()
        job.proofs.append(record)
        if record["failed"]:
            job.surprises.append(f"proof {record['id']} failed")
