"""slt ticket build, slt ticket verify."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
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
    number_if_given,
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
from slt_theory.cli.targets import Arch, Check, Seen, Strict, Target, any_target
from slt_theory.cli.ticket_show import show
from slt_theory.errors import BadInput, Stopped
from slt_theory.plural import counted

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
    # A transformer's error is that of one token, whatever their number.
    what = "error of a token (Euclidean norm)" if "parts" in record else "network error"
    return (
        f"{what} over {domain}: at most {record['sup_error_bound']:.6g} (certified), at "
        f"least {record['sup_error_found']:.6g} (found)"
    )


def _largest_n(ticket: Ticket) -> int:
    """Candidates of one sum; the parts of a transformer have each their own."""
    return max(block.n for block in ticket.blocks)


def _counts(ticket: Ticket) -> dict[str, Any]:
    """Sizes and errors of a new ticket."""
    from slt_theory.tickets.frozen import frozen_weights

    return {
        "n": _largest_n(ticket),
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
        f"{counted(network.parameters, 'weight')}, n = {_largest_n(ticket)}; largest weight error "
        f"{sure['max_weight_error']:.6g}",
        _network_error(sure, ticket.domain),
        *(
            f"{kind}: {c['pruned'] + c['locked']:,} of {c['weights']:,} weights frozen "
            f"({c['pruned']:,} pruned, {c['locked']:,} locked)"
            for kind, c in frozen.items()
        ),
    ]


def _incomplete(
    record: dict[str, Any], ticket: Ticket, construction: Any, network: Any, asked: dict[str, Any]
) -> str:
    """Sums without a subset, and how much of what is scarce would do."""
    from slt_theory.tickets.building.request import BuildSettings

    try:
        record["sufficient_n"] = enough = construction.sufficient(network, BuildSettings(**asked))
        advice = f"{construction.scarce} = {enough} would do with 99 % estimated chance"
    except BadInput as error:
        record["sufficient_n"] = None
        advice = f"n {error.constraint}"
    first = ", ".join(f"layer {a} weight ({b}, {c}) {d}" for a, b, c, d in ticket.unreached[:3])
    count = len(ticket.unreached)
    return (
        f"INCOMPLETE: {counted(count, 'sum')} without a subset within eps ({first}, ...); {advice}"
    )


TicketOut = Annotated[Path, typer.Option(help="Ticket file to write.")]
Theorem = Annotated[
    str | None,
    typer.Option(help="Id of the construction; default: two random layers for each layer."),
]
NetworkEps = Annotated[str | None, typer.Option(help="Sup-norm error of the network.")]
Candidates = Annotated[int | None, typer.Option(help="Candidates of one sum.")]
Objective = Annotated[str, typer.Option(help="eps, or best: the exact optima.")]
Signs = Annotated[str, typer.Option(help="both, or needed.")]
Domain = Annotated[
    str | None,
    typer.Option(help=f"{REGIONS} Default: box:0,1; tokens: box:-1,1, of a transformer ball:1."),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Forget an unfinished build of the same file.")
]


def build(
    ctx: typer.Context,
    target: Target,
    out: TicketOut,
    theorem: Theorem = None,
    eps: Eps = None,
    arch: Arch = None,
    network_eps: NetworkEps = None,
    seed: Seed = 0,
    n: Candidates = None,
    objective: Objective = "eps",
    signs: Signs = "both",
    domain: Domain = None,
    certify: Certify = None,
    split: Split = 0.0,
    check: Check = None,
    strict: Strict = False,
    memory: Memory = None,
    fresh: Fresh = False,
    threads: Threads = None,
    max_time: MaxTime = None,
    json: Json = False,
) -> None:
    """Find a target network inside a random one; a build that was broken off goes on."""
    started = time.perf_counter()
    check_place(out)
    from slt_theory.tickets import write_ticket
    from slt_theory.tickets.building.build import construction_of

    construction = construction_of(theorem, asked_options(ctx))
    regions, whole = asked_of(domain or construction.domain, certify, split)
    seen = any_target(target, arch, check, strict=strict)
    asked: dict[str, Any] = {"seed": seed, "objective": objective, "signs": signs, "domain": whole}
    asked["eps"] = number_if_given("eps", eps)
    asked["network_eps"] = number_if_given("network_eps", network_eps)
    run = {"n": n, "threads": threads, "fresh": fresh, "max_memory": byte_count(memory)}
    with _resumable(out, max_time, json):
        ticket = _built(seen, construction, {**asked, **run}, out)
    write_ticket(ticket, out)
    record, lines = _described(ticket, seen, construction, asked)
    lines += says_nothing(record, seen.network, ticket)
    about_regions = certified(record, seen.network, ticket, regions, certify, split)
    lines += about_regions.lines
    lines.append(f"written to {out}")
    record |= {"file": str(out), "seconds": time.perf_counter() - started}
    emit(record, "\n".join(lines), as_json=json)
    if about_regions.exit_code or not ticket.complete:
        raise typer.Exit(about_regions.exit_code or 3)


@contextmanager
def _resumable(out: Path, max_time: float | None, json: bool) -> Iterator[None]:
    """Say where the finished part of a build is kept, if Ctrl-C or the limit of time ends it."""
    from slt_theory.tickets.partial import partial_path

    try:
        with time_limit(max_time):
            yield
    except KeyboardInterrupt as stop:
        if partial_path(out).exists():
            typer.echo(f"slt: kept {partial_path(out)}; the same command goes on with it", err=True)
        with keeps_what_is_done(json):
            raise Stopped(stop, None) from None


def _built(seen: Seen, construction: Any, asked: dict[str, Any], out: Path) -> Ticket:
    """Build a ticket, which keeps the remarks about how its target was read."""
    from slt_theory.tickets import build_ticket

    with progress_bar("subset sums", None) as bar:
        ticket = build_ticket(
            seen.network, construction, progress=bar, expect=bar.expect, out=out, **asked
        )
    return replace(ticket, reading=seen.remarks)


def _described(
    ticket: Ticket, seen: Seen, construction: Any, asked: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """A new ticket as plain data, and as lines."""
    record = {
        "theorem": ticket.theorem,
        "weights": seen.network.parameters,
        "assumed": seen.assumed,
        **_counts(ticket),
    }
    if asked["network_eps"] is not None and getattr(seen.network, "norm_exponents", None):
        from slt_theory.tickets.building.budget import pensia_rule

        record["theorem_rule"] = pensia_rule(seen.network, asked["network_eps"])
    lines = _summary(ticket, seen.network, record["frozen"])
    if not ticket.complete:
        lines.insert(1, _incomplete(record, ticket, construction, seen.network, asked))
    return record, [*lines, *seen.lines, *_edges(ticket.certificate)]


LongerSearch = Annotated[
    float, typer.Option(help="Seconds to look for inputs with a larger error.")
]


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
    search: LongerSearch = 0.0,
    cuts: Cuts = None,
    memory: Memory = None,
    max_time: MaxTime = None,
    json: Json = False,
) -> None:
    """Check a ticket independently: seed, masks and target alone."""
    from slt_theory.tickets import read_ticket
    from slt_theory.tickets import verify as verified

    with keeps_what_is_done(json, max_time):
        sample, limit = held_out(data), byte_count(memory)
        regions, _ = asked_of(domain, certify, split)
        seen = any_target(target, arch, check, strict=strict)
        ticket = read_ticket(file, target=seen.network, max_memory=limit)
        report = verified(ticket, seen.network, max_memory=limit, search=search)
        record = {**report.to_dict(), "assumed": seen.assumed, "reading": ticket.reading}
        lines, code = _findings(report, record, ticket, seen), int(not report.ok)
        if report.ok:
            lines.append(_size(record, ticket, seen.network))
            about_regions = certified(record, seen.network, ticket, regions, certify, split, cuts)
            lines += about_regions.lines
            code = about_regions.exit_code
        if report.ok and sample is not None:
            lines.append(_on_data(record, ticket, seen.network, sample))
    emit(record, "\n".join(lines), as_json=json)
    if code:
        raise typer.Exit(code)


def _findings(report: Any, record: dict[str, Any], ticket: Ticket, seen: Seen) -> list[str]:
    """The verdict with its errors, what failed, and what was assumed."""
    return [
        "ok" if report.ok else "NOT OK",
        f"largest weight error {report.max_weight_error:.6g}"
        + (f": all {report.weights:,} weights lie within their eps" if report.ok else ""),
        _network_error(record, ticket.domain),
        *(says_nothing(record, seen.network, ticket) if report.ok else ()),
        *_edges(record),
        *(f"failure: {text}" for text in report.failures),
        *seen.lines,
        *(f"built assuming: {text}" for text in (ticket.reading or {}).get("assumed", [])),
    ]


def _size(record: dict[str, Any], ticket: Ticket, network: Any) -> str:
    """Add the size of a ticket to its record, and say it beside that of its target."""
    from slt_theory.tickets.size import ticket_size

    size = ticket_size(ticket, network)
    whole = {"stored_bits": size.stored_bits, "compression": size.compression}
    record["size"] = {**size.to_dict(), **whole}
    ratio = 1 / size.compression
    times = f"{ratio:.3g} times" if ratio >= 1 else f"1/{1 / ratio:.3g} of"
    return (
        f"stored in {size.stored_bits:,} bits ({size.mask_bits:,} of the masks, "
        f"{size.choice_bits:,} of choices, {size.seed_bits} of the seed), {times} the "
        "target's weights in float32"
    )


def _on_data(record: dict[str, Any], ticket: Ticket, network: Any, sample: Any) -> str:
    """Add the agreement of ticket and target on labelled inputs to a record, and say it."""
    from slt_theory.tickets.agreement import agreement

    found = agreement(ticket, network, sample)
    record["data"] = found.to_dict()
    return (
        f"on {counted(found.inputs, 'input')}: {found.ticket_correct} right, the target "
        f"{found.target_correct}; the same class on {found.agree}"
    )
