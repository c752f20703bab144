"""slt ticket build, slt ticket verify."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slt_theory.cli.common import (
    Eps,
    Json,
    Memory,
    Seed,
    Threads,
    byte_count,
    check_place,
    emit,
    number,
)
from slt_theory.cli.construction import ConstructionCommand, asked_options
from slt_theory.cli.patience import MaxTime, keeps_what_is_done, progress_bar, time_limit
from slt_theory.cli.regions import (
    REGIONS,
    Asked,
    Certify,
    Cuts,
    Split,
    asked_of,
    certified,
    says_nothing,
)
from slt_theory.cli.samples import Data, held_out
from slt_theory.cli.targets import Arch, Check, Strict, Target, any_target
from slt_theory.cli.ticket_show import show
from slt_theory.errors import BadInput, Stopped

if TYPE_CHECKING:
    from slt_theory.tickets import Ticket

_LISTED = 10_000


def register(app: typer.Typer) -> None:
    """Add ``ticket build`` and ``ticket verify`` to the command line."""
    group = typer.Typer(help="Build and verify strong lottery tickets.", no_args_is_help=True)
    group.command("build", cls=ConstructionCommand)(build)
    group.command("verify")(verify)
    group.command("show")(show)
    app.add_typer(group, name="ticket")


def _edges(record: dict[str, Any]) -> list[str]:
    """Border and interior of convolutions, where there are any."""
    return [
        f"error of the convolutions' own sums {where}: at most "
        f"{record[f'{kind}_error_bound']:.6g} (certified), at least "
        f"{record[f'{kind}_error_found']:.6g} (found)"
        for kind, where in (("border", "beside padding"), ("interior", "away from padding"))
        if f"{kind}_error_bound" in record
    ]


def _network_error(record: dict[str, Any], domain: str) -> str:
    return (
        f"network error over {domain}: at most {record['sup_error_bound']:.6g} (certified), at "
        f"least {record['sup_error_found']:.6g} (found)"
    )


def _storage(size: dict[str, Any]) -> str:
    """The size of a ticket beside that of its target."""
    ratio = 1 / size["compression"]
    times = f"{ratio:.3g} times" if ratio >= 1 else f"1/{1 / ratio:.3g} of"
    return (
        f"stored in {size['stored_bits']:,} bits ({size['mask_bits']:,} of the masks, "
        f"{size['choice_bits']:,} of choices, {size['seed_bits']} of the seed), {times} the "
        "target's weights in float32"
    )


def _counts(ticket: Ticket) -> dict[str, Any]:
    """Sizes and errors of a new ticket."""
    from slt_theory.tickets.frozen import frozen_weights

    return {
        "n": ticket.blocks[0].n,
        "unreached": len(ticket.unreached),
        "unreached_list": [
            {"layer": a, "output": b, "input": c, "sign": d}
            for a, b, c, d in ticket.unreached[:_LISTED]
        ],
        "complete": ticket.complete,
        "eps": [block.eps for block in ticket.blocks],
        "network_eps": ticket.network_eps,
        "norm_exponents": list(ticket.norm_exponents),
        "source_weights": ticket.source_weights,
        "kept": ticket.kept,
        "density": ticket.density,
        "mask_bits": ticket.mask_bits,
        "stored_bits": ticket.stored_bits,
        "frozen": frozen_weights(ticket),
        **{k: v for k, v in ticket.certificate.items() if k != "weights"},
    }


def _summary(ticket: Ticket, network: Any, frozen: dict[str, dict[str, int]]) -> list[str]:
    """The same as text."""
    sure = ticket.certificate
    return [
        repr(ticket),
        f"{network.parameters:,} weights, n = {ticket.blocks[0].n}; largest weight error "
        f"{sure['max_weight_error']:.6g}",
        _network_error(sure, ticket.domain),
        *(
            f"{kind}: {c['pruned'] + c['locked']:,} of {c['weights']:,} weights frozen "
            f"({c['pruned']:,} pruned, {c['locked']:,} locked)"
            for kind, c in frozen.items()
        ),
    ]


def _incomplete(
    record: dict[str, Any], ticket: Ticket, sufficient: Callable[[], int], scarce: str
) -> str:
    """Sums without a subset, and how much of what is scarce would do."""
    try:
        record["sufficient_n"] = sufficient()
        advice = f"{scarce} = {record['sufficient_n']} would do with 99 % estimated chance"
    except BadInput as error:
        record["sufficient_n"] = None
        advice = f"n {error.constraint}"
    first = ", ".join(f"layer {a} weight ({b}, {c}) {d}" for a, b, c, d in ticket.unreached[:3])
    count = len(ticket.unreached)
    return f"INCOMPLETE: {count} sums have no subset within eps ({first}, ...); {advice}"


def build(
    ctx: typer.Context,
    target: Target,
    out: Annotated[Path, typer.Option(help="Ticket file to write.")],
    theorem: Annotated[
        str | None,
        typer.Option(help="Id of the construction; default: two random layers for each layer."),
    ] = None,
    eps: Eps = None,
    arch: Arch = None,
    network_eps: Annotated[str | None, typer.Option(help="Sup-norm error of the network.")] = None,
    seed: Seed = 0,
    n: Annotated[int | None, typer.Option(help="Candidates of one sum.")] = None,
    objective: Annotated[str, typer.Option(help="eps, or best: the exact optima.")] = "eps",
    signs: Annotated[str, typer.Option(help="both, or needed.")] = "both",
    domain: Annotated[str, typer.Option(help=REGIONS)] = "box:0,1",
    certify: Certify = None,
    split: Split = 0.0,
    check: Check = None,
    strict: Strict = False,
    memory: Memory = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget an unfinished build of the same file.")
    ] = False,
    threads: Threads = None,
    max_time: MaxTime = None,
    json: Json = False,
) -> None:
    """Find a target network inside a random one; a build that was broken off goes on."""
    started = time.perf_counter()
    check_place(out)
    regions, whole = asked_of(domain, certify, split)
    network, assumed, layers, remarks = any_target(target, arch, check, strict=strict)
    from slt_theory.tickets import build_ticket, write_ticket
    from slt_theory.tickets.building.build import construction_of
    from slt_theory.tickets.building.request import BuildSettings
    from slt_theory.tickets.partial import partial_path

    construction = construction_of(theorem, asked_options(ctx))
    asked: dict[str, Any] = {
        "eps": None if eps is None else number("eps", eps),
        "network_eps": None if network_eps is None else number("network_eps", network_eps),
        "seed": seed,
        "objective": objective,
        "signs": signs,
        "domain": whole,
    }
    try:
        with time_limit(max_time), progress_bar("subset sums", None) as progress:
            ticket = build_ticket(
                network,
                construction,
                n=n,
                threads=threads,
                progress=progress,
                expect=progress and progress.expect,
                out=out,
                fresh=fresh,
                max_memory=byte_count(memory),
                **asked,
            )
    except KeyboardInterrupt as stop:
        if partial_path(out).exists():
            typer.echo(f"slt: kept {partial_path(out)}; the same command goes on with it", err=True)
        with keeps_what_is_done(json):
            raise Stopped(stop, None) from None
    ticket = replace(ticket, reading=remarks)
    write_ticket(ticket, out)
    record = {
        "theorem": ticket.theorem,
        "file": str(out),
        "weights": network.parameters,
        "assumed": assumed,
        **_counts(ticket),
    }
    about_regions = certified(record, network, ticket, regions, certify, split)
    lines = [
        *_summary(ticket, network, record["frozen"]),
        *layers,
        *_edges(ticket.certificate),
        *says_nothing(record, network, ticket),
        *about_regions.lines,
        f"written to {out}",
    ]
    if network_eps is not None and getattr(network, "norm_exponents", None):
        from slt_theory.tickets.building.budget import pensia_rule

        record["theorem_rule"] = pensia_rule(network, number("network_eps", network_eps))
    if not ticket.complete:
        enough = partial(construction.sufficient, network, BuildSettings(**asked))
        lines.insert(1, _incomplete(record, ticket, enough, construction.scarce))
    record["seconds"] = time.perf_counter() - started
    emit(record, "\n".join(lines), as_json=json)
    if about_regions.exit_code or not ticket.complete:
        raise typer.Exit(about_regions.exit_code or 3)


def verify(
    file: Annotated[Path, typer.Argument(help="Ticket file.")],
    target: Target,
    arch: Arch = None,
    check: Check = None,
    strict: Strict = False,
    data: Data = None,
    domain: Asked = None,
    certify: Certify = None,
    split: Split = 0.0,
    search: Annotated[
        float, typer.Option(help="Seconds to look for inputs with a larger error.")
    ] = 0.0,
    cuts: Cuts = None,
    memory: Memory = None,
    max_time: MaxTime = None,
    json: Json = False,
) -> None:
    """Check a ticket independently: seed, masks and target alone."""
    from slt_theory.tickets import read_ticket
    from slt_theory.tickets import verify as verified
    from slt_theory.tickets.agreement import agreement
    from slt_theory.tickets.size import ticket_size

    with keeps_what_is_done(json, max_time):
        sample, limit = held_out(data), byte_count(memory)
        regions, _ = asked_of(domain, certify, split)
        network, assumed, layers, _ = any_target(target, arch, check, strict=strict)
        ticket = read_ticket(file, target=network, max_memory=limit)
        report = verified(ticket, network, max_memory=limit, search=search)
        code, record = (
            int(not report.ok),
            {**report.to_dict(), "assumed": assumed, "reading": ticket.reading},
        )
        lines = [
            "ok" if report.ok else "NOT OK",
            f"largest weight error {report.max_weight_error:.6g}"
            + (f": all {report.weights:,} weights lie within their eps" if report.ok else ""),
            _network_error(record, ticket.domain),
            *(says_nothing(record, network, ticket) if report.ok else ()),
            *_edges(record),
            *(f"failure: {text}" for text in report.failures),
            *layers,
            *(f"built assuming: {text}" for text in (ticket.reading or {}).get("assumed", [])),
        ]
        if report.ok:
            size = ticket_size(ticket, network)
            record["size"] = {
                **size.to_dict(),
                "stored_bits": size.stored_bits,
                "compression": size.compression,
            }
            lines.append(_storage(record["size"]))
            about_regions = certified(record, network, ticket, regions, certify, split, cuts)
            lines += about_regions.lines
            code = about_regions.exit_code
        if report.ok and sample is not None:
            on_data = agreement(ticket, network, sample)
            record["data"] = on_data.to_dict()
            lines.append(
                f"on {on_data.inputs} inputs: {on_data.ticket_correct} right, the target "
                f"{on_data.target_correct}; the same class on {on_data.agree}"
            )
    emit(record, "\n".join(lines), as_json=json)
    if code:
        raise typer.Exit(code)
