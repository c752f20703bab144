"""slt threshold, slt check."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from slt_theory.cli.common import (
    Delta,
    Eps,
    Json,
    Seed,
    Threads,
    Trials,
    emit,
    load_object,
    number,
    progress_bar,
    require,
)
from slt_theory.errors import BadInput


def register(app: typer.Typer) -> None:
    app.command("threshold")(threshold)
    app.command("check")(check)


def law_of(text: str) -> Any:
    """A law by name, or the object NAME of FILE.py:NAME."""
    from slt_theory.laws import parse_law

    return load_object(text) if ".py:" in text else parse_law(text)


def threshold(
    law: Annotated[str, typer.Option(help="E.g. uniform, relu(uniform)*uniform.")] = "uniform",
    eps: Eps = None,
    delta: Delta = 0.1,
    lo: Annotated[str, typer.Option(help="Window of targets.")] = "-1",
    hi: Annotated[str, typer.Option()] = "1",
    targets: Annotated[str, typer.Option(help="all, fixed:Z or random.")] = "all",
    trials: Trials = 2000,
    seed: Seed = 0,
    threads: Threads = None,
    json: Json = False,
) -> None:
    """The smallest n that suffices, measured with exact bounds."""
    from slt_theory.experiments import threshold as measure

    exact = require("eps", eps)
    with progress_bar("trials", trials) as progress:
        found = measure(
            law=law_of(law),
            eps=exact,
            delta=delta,
            targets=targets,
            lo=number("lo", lo),
            hi=number("hi", hi),
            trials=trials,
            seed=seed,
            threads=threads,
            progress=progress,
        )
    emit(found.to_dict(), found.summary(), as_json=json)
    if found.n is None:
        raise typer.Exit(3)


def check(
    claim: Annotated[str, typer.Argument(metavar="ID|FILE.py:NAME")],
    eps: Eps = None,
    delta: Delta = 0.1,
    n: Annotated[int | None, typer.Option(help="Default: the statement's own n.")] = None,
    lo: Annotated[str | None, typer.Option(help="Window; default the statement's.")] = None,
    hi: Annotated[str | None, typer.Option()] = None,
    trials: Trials = 2000,
    alpha: Annotated[float, typer.Option(help="Two-sided level of the verdict.")] = 1e-3,
    seed: Seed = 0,
    threads: Threads = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what it would take.")] = False,
    power: Annotated[float, typer.Option(help="With --plan: the wanted power.")] = 0.9,
    json: Json = False,
) -> None:
    """A Monte Carlo verdict on a theorem, or on your own bound."""
    from slt_theory.experiments.check import check as run
    from slt_theory.experiments.check import plan as make_plan
    from slt_theory.theorems import Bound, get

    subject: Any = get(claim) if ".py:" not in claim else load_object(claim)
    if ".py:" in claim and not isinstance(subject, Bound):
        raise BadInput("claim", claim, "must name a slt_theory.Bound")
    window = {
        "lo": None if lo is None else number("lo", lo),
        "hi": None if hi is None else number("hi", hi),
    }
    exact = require("eps", eps)
    if plan:
        planned = make_plan(
            subject, eps=exact, delta=delta, n=n, alpha=alpha, power=power, **window
        )
        text = (
            f"{planned.claim}: n = {planned.n} ({planned.n_from}); {planned.trials} trials find a "
            f"success of {planned.alternative:g} with power {power:g}"
        )
        emit(planned.to_dict(), text, as_json=json)
        return
    with progress_bar("trials", trials) as progress:
        report = run(
            subject,
            eps=exact,
            delta=delta,
            n=n,
            trials=trials,
            alpha=alpha,
            seed=seed,
            threads=threads,
            progress=progress,
            **window,
        )
    emit(report.to_dict(), "\n".join((report.summary(), *report.notes)), as_json=json)
    raise typer.Exit(report.verdict.exit_code)
