"""What ``slt verify`` computes. Every number of the report comes from this run."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

from slt_theory.errors import MissingExtra
from slt_theory.networks import Network
from slt_theory.provenance import provenance
from slt_theory.statistics import clopper_pearson
from slt_theory.subset_sum.parallel import thread_count

__all__ = ["JobPart", "MainJob", "run_main_job", "run_parts"]

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
BOUNDS = (("1/10", 0.1), ("1/100", 0.1), ("1/100", 0.01), ("1/1000", 0.01))
_ENTRIES = 12
"""Entries of the catalogue in one part."""


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

    def take(self, piece: MainJob) -> None:
        """Add the results of a piece; what several skipped stands there once."""
        for name in ("verdicts", "bounds", "laws", "tickets", "proofs", "surprises"):
            getattr(self, name).extend(getattr(piece, name))
        self.figure |= piece.figure
        self.outcomes |= piece.outcomes
        self.skipped += [text for text in piece.skipped if text not in self.skipped]

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


@dataclass(frozen=True)
class JobPart:
    """A piece of the job that another process can run.

    Attributes
    ----------
    name : str
    fill : callable
        Fills its lists of an empty job, given the folder and `arguments`.
    """

    name: str
    fill: Callable[..., None]
    arguments: tuple[Any, ...] = ()

    def __call__(self, out: Path, full: bool, seed: int) -> MainJob:
        """Its piece of the job."""
        job = MainJob(full=full, seed=seed)
        self.fill(job, out, *self.arguments)
        return job


def run_main_job(
    out: Path, *, full: bool = False, seed: int = 0, step: Step = lambda _: None
) -> MainJob:
    """Run the main job; ticket files go to ``out/tickets``.

    Parameters
    ----------
    out : Path
        An existing folder.
    full : bool
        More trials; quick (a minute or two on two cores) otherwise.
    seed : int
    step : callable
        Called with what begins, for a progress display.
    """
    started = time.perf_counter()
    job = MainJob(full=full, seed=seed)
    date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    job.provenance = {"date": date, "seed": str(seed), **provenance()}
    (out / "tickets").mkdir(parents=True, exist_ok=True)
    for piece in run_parts(_parts(), out, full=full, seed=seed, step=step):
        job.take(piece)
    order = import_module("slt_theory.proofs").IDS
    job.proofs.sort(key=lambda record: order.index(record["id"]))
    job.seconds = time.perf_counter() - started
    return job


def _parts() -> list[JobPart]:
    """Parts of the job, the longest first; each part knows nothing of the others.

    Entries of the catalogue go in handfuls.
    """
    from slt_theory.theorems import all_theorems

    ids = [entry.id for entry in all_theorems()]
    handfuls = [ids[k : k + _ENTRIES] for k in range(0, len(ids), _ENTRIES)]
    return [
        JobPart("success against n", _figure),
        *(JobPart(f"proof {few[-1]}", _proofs, (few,)) for few in _families()),
        *(JobPart(f"ticket {o['theorem']}", _tickets, (k,)) for k, (_, o) in enumerate(TICKETS)),
        *(JobPart(f"three numbers at eps = {eps}", _bounds, (eps, d)) for eps, d in BOUNDS),
        *(JobPart(f"threshold of {law}", _laws, (law,)) for law in LAWS),
        *(JobPart(f"checks {few[0]} to {few[-1]}", _verdicts, (few,)) for few in handfuls),
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


def run_parts(
    parts: Sequence[JobPart],
    out: Path,
    *,
    full: bool,
    seed: int,
    step: Step = lambda _: None,
    workers: int | None = None,
) -> list[MainJob]:
    """Run parts in processes of their own, one a core; the results are in the order of the parts.

    Parameters
    ----------
    workers : int, optional
        Processes; default: one a core. With one everything runs in this process.
    """
    workers = min(thread_count(workers), len(parts))
    if workers == 1:
        results = []
        for part in parts:
            step(part.name)
            results.append(part(out, full, seed))
        return results
    # A forked process would share the threads of compiled code.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        running = [pool.submit(part, out, full, seed) for part in parts]
        names = {future: part.name for future, part in zip(running, parts, strict=True)}
        try:
            for done, future in enumerate(as_completed(running), 1):
                # A fault of one part ends the job at once.
                future.result()
                step(f"{done} of {len(parts)} parts; {names[future]}")
            return [future.result() for future in running]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _figure(job: MainJob, out: Path) -> None:
    script = import_module("slt_theory.figures").load("success_vs_n")
    job.figure = script.table(quick=not job.full, seed=job.seed)


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
