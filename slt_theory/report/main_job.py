"""What ``slt verify`` computes. Every number of the report comes from this run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

from slt_theory.errors import MissingExtra
from slt_theory.networks import Network
from slt_theory.provenance import provenance
from slt_theory.statistics import clopper_pearson

__all__ = ["MainJob", "run_main_job"]

Step = Callable[[str], None]

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


@dataclass
class MainJob:
    """The results of one run.

    Attributes
    ----------
    verdicts, bounds, laws, tickets, proofs : list of dict
        One record a row of the report.
    figure : dict
        Table of the figure of success against n.
    outcomes : dict of str
        Verdict of every entry, known issues left out.
    skipped : list of str
        Parts whose extra is missing, and why.
    surprises : list of str
        What did not come out as recorded; empty for a good run.
    """

    full: bool
    seed: int
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    bounds: list[dict[str, Any]] = field(default_factory=list)
    laws: list[dict[str, Any]] = field(default_factory=list)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    proofs: list[dict[str, Any]] = field(default_factory=list)
    figure: dict[str, Any] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    provenance: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, under the report's keys."""
        return {
            "verdicts": self.verdicts,
            "bounds": self.bounds,
            "thresholds": self.laws,
            "tickets": self.tickets,
            "proofs": self.proofs,
            "skipped": self.skipped,
            "surprises": self.surprises,
            "provenance": self.provenance,
            "seconds": self.seconds,
        }


def run_main_job(
    out: Path, *, full: bool = False, seed: int = 0, step: Step = lambda _: None
) -> MainJob:
    """Run the main job; ticket files go to ``out/tickets``.

    Parameters
    ----------
    out : Path
        An existing folder.
    full : bool
        More trials; quick (about a minute) otherwise.
    seed : int
    step : callable
        Called with what begins, for a progress display.
    """
    started = time.perf_counter()
    job = MainJob(full=full, seed=seed)
    date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    job.provenance = {"date": date, "seed": str(seed), **provenance()}
    for part in (_figure, _bounds, _laws, _verdicts, _tickets, _proofs):
        part(job, out, step)
    job.seconds = time.perf_counter() - started
    return job


def _figure(job: MainJob, out: Path, step: Step) -> None:
    step("success against n")
    script = import_module("slt_theory.figures").load("success_vs_n")
    job.figure = script.table(quick=not job.full, seed=job.seed)


def _bounds(job: MainJob, out: Path, step: Step) -> None:
    from slt_theory.experiments.bounds import bound_numbers

    for eps, delta in (("1/10", 0.1), ("1/100", 0.1), ("1/100", 0.01), ("1/1000", 0.01)):
        step(f"three numbers at eps = {eps}, delta = {delta}")
        numbers = bound_numbers(
            "lueker1998-rss", eps=Fraction(eps), delta=delta, trials=_trials(job), seed=job.seed
        )
        job.bounds.append(numbers.to_dict())


def _laws(job: MainJob, out: Path, step: Step) -> None:
    from slt_theory.experiments import threshold

    for law in LAWS:
        step(f"threshold of {law}")
        found = threshold(
            law=law, eps=Fraction(1, 100), delta=0.1, trials=_trials(job), seed=job.seed
        )
        job.laws.append(found.to_dict())


def _trials(job: MainJob) -> int:
    return 20_000 if job.full else 2_000


def _verdicts(job: MainJob, out: Path, step: Step) -> None:
    """Every check of every entry; one that fails as recorded says of what by its label."""
    from slt_theory.experiments.catalogue import run_entry
    from slt_theory.theorems import all_theorems

    for entry in all_theorems():
        step(f"check {entry.id}")
        report = run_entry(entry, seed=job.seed)
        job.outcomes[entry.id] = str(report.verdict)
        for outcome in report.checks:
            job.verdicts.append(
                {
                    "claim": entry.id,
                    "check": outcome.name,
                    "what": outcome.what,
                    "verdict": outcome.to_dict()["verdict"],
                    "expected": outcome.to_dict()["expected"],
                    "label": outcome.label,
                    "trust": outcome.trust,
                    "shows_issue": outcome.shows_issue,
                    "evidence": outcome.evidence,
                    "seconds": outcome.seconds,
                }
            )
            if outcome.surprise:
                job.surprises.append(f"{entry.id}: {outcome.summary()}")


def _tickets(job: MainJob, out: Path, step: Step) -> None:
    from slt_theory.data import shipped_target
    from slt_theory.networks import save_npz
    from slt_theory.tickets import build_ticket, read_ticket, verify, write_ticket

    folder = out / "tickets"
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, options) in enumerate(TICKETS):
        target = shipped_target(name)
        target_file = folder / f"{name}.npz"
        save_npz(target, target_file)
        theorem = options["theorem"]
        which: dict[str, Any] = {k: Fraction(v) if "eps" in k else v for k, v in options.items()}
        asked = ", ".join(f"{k} = {v}" for k, v in list(options.items())[1:])
        step(f"ticket {theorem} {asked}")
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
        if str(error) not in job.skipped:
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


def _proofs(job: MainJob, out: Path, step: Step) -> None:
    proofs = import_module("slt_theory.proofs")
    step("proofs")
    for result in proofs.run():
        record = result.to_dict()
        job.proofs.append(record)
        if record["failed"]:
            job.surprises.append(f"proof {record['id']} failed")
