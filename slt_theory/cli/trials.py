"""slt threshold, slt check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

import typer

from slt_theory.cli.common import (
    Delta,
    Eps,
    Json,
    Seed,
    Threads,
    Trials,
    emit,
    number,
    number_if_given,
    require,
)
from slt_theory.cli.patience import MaxTime, keeps_what_is_done, progress_bar
from slt_theory.cli.status import remember
from slt_theory.defaults import DELTA
from slt_theory.errors import BadInput, Stopped
from slt_theory.plural import counted
from slt_theory.user_files import is_reference


def register(app: typer.Typer) -> None:
    """Add ``threshold`` and ``check`` to the command line."""
    app.command("threshold")(threshold)
    app.command("check")(check)


def threshold(
    law: Annotated[
        str,
        typer.Option(help="E.g. laplace(0.3), relu(uniform)*uniform, FILE.py:NAME: slt laws."),
    ] = "uniform",
    eps: Eps = None,
    delta: Delta = DELTA,
    lo: Annotated[str, typer.Option(help="Window of targets.")] = "-1",
    hi: Annotated[str, typer.Option()] = "1",
    targets: Annotated[str, typer.Option(help="all, fixed:Z or random.")] = "all",
    size: Annotated[int | None, typer.Option(help="Subsets of exactly this size.")] = None,
    lock: Annotated[str, typer.Option(help="Share of numbers always in the sum.")] = "0",
    prune: Annotated[str, typer.Option(help="Share of numbers never in the sum.")] = "0",
    dim: Annotated[int, typer.Option(help="Vectors with this many coordinates, sup-norm.")] = 1,
    trials: Trials = 2000,
    seed: Seed = 0,
    threads: Threads = None,
    max_time: MaxTime = None,
    json: Json = False,
) -> None:
    """The smallest n that suffices, measured with exact bounds."""
    from slt_theory.experiments import threshold as measure

    exact = require("eps", eps)
    with keeps_what_is_done(json, max_time), progress_bar("trials", trials) as progress:
        found = measure(
            law=law,
            eps=exact,
            delta=delta,
            targets=targets,
            lo=number("lo", lo),
            hi=number("hi", hi),
            size=size,
            lock=number("lock", lock),
            prune=number("prune", prune),
            dim=dim,
            trials=trials,
            seed=seed,
            threads=threads,
            progress=progress,
        )
    emit(found.to_dict(), found.summary(), as_json=json)
    if found.n is None:
        raise typer.Exit(3)


Claimed = Annotated[str | None, typer.Argument(metavar="[ID|FILE.py:NAME]")]
Size = Annotated[int | None, typer.Option(help="Default: the statement's own n.")]
Lo = Annotated[str | None, typer.Option(help="Window; default the statement's.")]
Hi = Annotated[str | None, typer.Option()]
OtherLaw = Annotated[
    str | None, typer.Option(help="Try the statement with another law (slt laws).")
]
MostTrials = Annotated[int, typer.Option(help="Most independent trials.")]
Alpha = Annotated[float, typer.Option(help="Two-sided level of the verdict.")]
Fixed = Annotated[
    bool, typer.Option("--fixed", help="Run all trials, even if fewer settle the verdict.")
]
Plan = Annotated[bool, typer.Option("--plan", help="Only say what it would take.")]
Power = Annotated[float, typer.Option(help="With --plan: the required power.")]
Names = Annotated[list[str] | None, typer.Option("--check", help="Only this check of the entry.")]
Every = Annotated[
    bool,
    typer.Option("--all", help="The checks of all theorems; with --kind claim, of all claims."),
]
Kind = Annotated[str | None, typer.Option(help="With --all: only this kind.")]


def check(
    claim: Claimed = None,
    eps: Eps = None,
    delta: Delta = DELTA,
    n: Size = None,
    lo: Lo = None,
    hi: Hi = None,
    law: OtherLaw = None,
    trials: MostTrials = 2000,
    alpha: Alpha = 1e-3,
    seed: Seed = 0,
    fixed: Fixed = False,
    threads: Threads = None,
    plan: Plan = False,
    power: Power = 0.9,
    name: Names = None,
    every: Every = False,
    kind: Kind = None,
    max_time: MaxTime = None,
    json: Json = False,
) -> None:
    """A verdict on a theorem or claim, or on your own bound.

    Without --eps the entry's own small checks run; with --eps the statement is tried at your
    parameters by independent trials, until the verdict is settled.
    """
    if every:
        with keeps_what_is_done(json, max_time):
            _check_all(kind, seed, threads, json)
        return
    if claim is None:
        raise BadInput("ID", "missing", "is needed", "slt list shows the ids; --all runs all")
    if eps is None and law is None and not plan and not is_reference(claim):
        _check_entry(claim, tuple(name or ()), seed, threads, json)
    from slt_theory.experiments.claims import claim_of

    subject = claim_of(claim, law)
    statement: dict[str, Any] = {"eps": require("eps", eps), "delta": delta, "n": n}
    statement |= {"lo": number_if_given("lo", lo), "hi": number_if_given("hi", hi)}
    if plan:
        _print_plan(subject, statement, alpha, power, json)
        return
    settings: dict[str, Any] = {"trials": trials, "alpha": alpha, "seed": seed, "fixed": fixed}
    with keeps_what_is_done(json, max_time):
        _try(subject, statement, {**settings, "threads": threads}, json)


def _try(claim: Any, statement: dict[str, Any], settings: dict[str, Any], json: bool) -> NoReturn:
    """Independent trials of a claim, until its verdict is settled."""
    from slt_theory.experiments.check import check as run
    from slt_theory.experiments.claims import case_of

    excluded = case_of(claim, **statement).excluded
    if excluded and not json:
        typer.echo(f"before any trial: {excluded}", err=True)
    with progress_bar("trials", settings["trials"]) as progress:
        report = run(claim, progress=progress, **statement, **settings)
    emit(report.to_dict(), "\n".join((report.summary(), *report.notes)), as_json=json)
    raise typer.Exit(report.verdict.exit_code)


def _print_plan(
    subject: Any, statement: dict[str, Any], alpha: float, power: float, json: bool
) -> None:
    """Print the trials after which a success that is too rare is found with that power."""
    from slt_theory.experiments.check import plan

    planned = plan(subject, alpha=alpha, power=power, **statement)
    text = (
        f"{planned.claim}: n = {planned.n} ({planned.n_from}); {planned.trials} trials find a "
        f"success of {planned.alternative:g} with power {power:g}"
    )
    emit(planned.to_dict(), text, as_json=json)


def _check_entry(
    claim: str, names: tuple[str, ...], seed: int, threads: int | None, json: bool
) -> NoReturn:
    """An entry's own checks, or those named; exit 1 if any came out other than recorded."""
    from slt_theory.experiments.catalogue import run_entry

    report = run_entry(claim, names=names, seed=seed, threads=threads)
    if not names:
        remember([report], seed)
    emit(report.to_dict(), report.summary(), as_json=json)
    raise typer.Exit(1 if report.surprises else report.verdict.exit_code)


def _check_all(kind: str | None, seed: int, threads: int | None, json: bool) -> None:
    """Every entry's checks; exit 1 if any came out other than recorded."""
    from slt_theory.experiments.catalogue import run_entry
    from slt_theory.experiments.claim_runs import run_claims
    from slt_theory.theorems import Claim, all_entries, all_theorems

    entries = all_entries(kind) if kind else all_theorems()
    claims = [entry for entry in entries if isinstance(entry, Claim)]
    found = (
        run_claims(claims, (seed,), processes=threads)
        if claims
        else (run_entry(entry, seed=seed, threads=threads) for entry in entries)
    )
    done = _Checked([])
    with progress_bar("entries", len(entries)) as progress:
        try:
            for report in found:
                done.reports.append(report)
                if not json:
                    typer.echo(report.summary())
                progress(1)
        except KeyboardInterrupt as cause:
            raise Stopped(cause, done) from None
        finally:
            remember(done.reports, seed)
    emit(done.to_dict(), done.summary(), as_json=json)
    raise typer.Exit(1 if done.surprises else 0)


@dataclass(frozen=True)
class _Checked:
    """Reports of the entries that were checked."""

    reports: list[Any]

    @property
    def surprises(self) -> int:
        return sum(len(report.surprises) for report in self.reports)

    def summary(self) -> str:
        entries = counted(len(self.reports), "entry", "entries")
        return f"{entries}, {counted(self.surprises, 'surprise')}"

    def to_dict(self) -> dict[str, Any]:
        entries = [report.to_dict() for report in self.reports]
        return {"entries": entries, "surprises": self.surprises}
