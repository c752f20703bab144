"""slt bound."""

from __future__ import annotations

from typing import Annotated

import typer

from slt_theory.cli.common import Delta, Eps, Json, emit, number, require, table
from slt_theory.errors import BadInput


def register(app: typer.Typer) -> None:
    app.command("bound")(bound)


def bound(
    theorem_id: Annotated[str, typer.Argument(metavar="ID")],
    eps: Eps = None,
    network_eps: Annotated[str | None, typer.Option(help="Sup-norm error of a network.")] = None,
    delta: Delta = 0.01,
    lo: Annotated[
        str | None, typer.Option(help="Window of targets; default the statement's.")
    ] = None,
    hi: Annotated[str | None, typer.Option()] = None,
    param: Annotated[list[str] | None, typer.Option(help="k=v, e.g. arch=784-500-10.")] = None,
    trials: Annotated[int, typer.Option(help="Trials behind the measured number; 0: none.")] = 2000,
    seed: Annotated[int, typer.Option()] = 0,
    json: Json = False,
) -> None:
    """What a theorem asks for: the certified, the counting and the measured number."""
    from slt_theory.experiments.bounds import bound_numbers

    if (eps is None) == (network_eps is None):
        raise BadInput("eps, network_eps", (eps, network_eps), "exactly one is needed")
    parameters: dict[str, str] = {}
    for item in param or []:
        key, equals, value = item.partition("=")
        if not equals:
            raise BadInput("param", item, "must be k=v")
        parameters[key] = value
    report = bound_numbers(
        theorem_id,
        eps=None if eps is None else require("eps", eps),
        network_eps=None if network_eps is None else number("network_eps", network_eps),
        delta=delta,
        lo=None if lo is None else number("lo", lo),
        hi=None if hi is None else number("hi", hi),
        parameters=parameters,
        trials=trials,
        seed=seed,
    )
    rows = [
        ["certified", report.certified, f"proved to suffice (proof {report.proof})"],
        ["counting", report.counting, "fewer cannot suffice"],
        [
            "measured",
            report.measured,
            f"in {report.measured_interval} at 95 %, {report.trials} trials",
        ],
    ]
    head = f"{report.id}: {report.unit}; window {list(report.window)}, delta {delta:g}"
    emit(report.to_dict(), head + "\n" + table(["number", "n", ""], rows), as_json=json)
