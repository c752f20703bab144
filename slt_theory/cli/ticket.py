"""slt ticket build, slt ticket verify."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Eps, Json, Seed, Threads, emit, number, progress_bar
from slt_theory.errors import BadInput

_LISTED = 10_000


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Build and verify strong lottery tickets.", no_args_is_help=True)
    group.command("build")(build)
    group.command("verify")(verify)
    app.add_typer(group, name="ticket")


Target = Annotated[Path, typer.Option(help=".npz, .safetensors or .pt with NAME.weight keys.")]


def dense_target(path: Path) -> Any:
    from slt_theory.networks import Dense, load_target

    network = load_target(path)
    if not isinstance(network, Dense):
        raise BadInput(
            "target", str(path), "is convolutional", "tickets are built for dense networks"
        )
    return network


def _check_place(out: Path) -> None:
    """Whether a file can be written there, before the work begins."""
    if not out.parent.is_dir():
        raise BadInput("out", str(out), "lies in a folder that does not exist", "make the folder")
    if out.is_dir():
        raise BadInput("out", str(out), "is a folder", "name a file")
    if not os.access(out.parent, os.W_OK):
        raise BadInput("out", str(out), "cannot be written", "name another folder")


def _shares(name: str, text: str | None) -> Any:
    """One share, or one for each source layer."""
    if text is None or "," not in text:
        return None if text is None else number(name, text)
    return [number(name, part) for part in text.split(",")]


def _bytes(text: str) -> int:
    """``4G`` is four gigabytes of 2^30."""
    unit = {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper(), 0)
    return int(number("memory", text[:-1] if unit else text) * (1 << unit))


def build(
    target: Target,
    out: Annotated[Path, typer.Option(help="Ticket file to write.")],
    theorem: Annotated[str, typer.Option(help="Id of the construction.")] = "pensia2020-two-layer",
    eps: Eps = None,
    network_eps: Annotated[str | None, typer.Option(help="Sup-norm error of the network.")] = None,
    seed: Seed = 0,
    n: Annotated[int | None, typer.Option(help="Numbers offered to one sum.")] = None,
    objective: Annotated[str, typer.Option(help="eps, or best: the exact optima.")] = "eps",
    signs: Annotated[str, typer.Option(help="both, or needed.")] = "both",
    domain: Annotated[str, typer.Option(help="box:lo,hi or ball:radius.")] = "box:0,1",
    shared: Annotated[
        bool,
        typer.Option(
            "--shared",
            help="One vector a row (pensia2020-direct); one neuron for all outputs "
            "(orseau2020-hyperbolic).",
        ),
    ] = False,
    law: Annotated[str | None, typer.Option(help="uniform or normal (fischer2021-biases).")] = None,
    density: Annotated[
        str | None, typer.Option(help="Weights that exist (gadhikar2023-network).")
    ] = None,
    prune: Annotated[
        str | None,
        typer.Option(help="Share frozen to 0 (otsuka2024-frozen-network); a,b,... one a layer."),
    ] = None,
    lock: Annotated[
        str | None, typer.Option(help="Share frozen to its value (otsuka2024-frozen-network).")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="uniform, epl or erk: how frozen shares are spread.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Live numbers in every sum (natale2024-network).")
    ] = None,
    move: Annotated[
        str | None, typer.Option(help="Largest move of a kept weight (xiong2023-perturbation).")
    ] = None,
    redraws: Annotated[
        int | None, typer.Option(help="Draws of every weight (chijiwa2021-redraws).")
    ] = None,
    resolution: Annotated[
        str | None, typer.Option(help="Weights are rounded to multiples (kumar2025-quantised).")
    ] = None,
    memory: Annotated[
        str | None, typer.Option(help="Most memory to take, e.g. 4G; default: what is free.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget an unfinished build of the same file.")
    ] = False,
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Find a target network inside a random one; a build that was broken off goes on."""
    started = time.perf_counter()
    _check_place(out)
    network = dense_target(target)
    from slt_theory.tickets import build_ticket, write_ticket
    from slt_theory.tickets.advice import sufficient_n
    from slt_theory.tickets.constructions import find
    from slt_theory.tickets.frozen import frozen_weights

    options: dict[str, Any] = {
        "eps": None if eps is None else number("eps", eps),
        "network_eps": None if network_eps is None else number("network_eps", network_eps),
        "seed": seed,
        "objective": objective,
        "signs": signs,
        "domain": domain,
        "shared": shared,
        "law": law,
        "density": None if density is None else number("density", density),
        "prune": _shares("prune", prune),
        "lock": _shares("lock", lock),
        "budget": budget,
        "size": size,
        "move": None if move is None else number("move", move),
        "redraws": redraws,
        "resolution": None if resolution is None else number("resolution", resolution),
    }
    with progress_bar("subset sums", None) as progress:
        ticket = build_ticket(
            network,
            theorem=theorem,
            n=n,
            threads=threads,
            progress=progress,
            expect=progress and progress.expect,
            out=out,
            fresh=fresh,
            max_memory=None if memory is None else _bytes(memory),
            **options,
        )
    write_ticket(ticket, out)
    record = {
        "theorem": ticket.theorem,
        "file": str(out),
        "weights": network.parameters,
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
    lines = [
        repr(ticket),
        f"{network.parameters:,} weights, n = {ticket.blocks[0].n}; largest weight error "
        f"{ticket.certificate['max_weight_error']:.6g}",
        f"network error over {ticket.domain}: at most {ticket.certificate['sup_error_bound']:.6g} "
        f"(certified), at least {ticket.certificate['sup_error_found']:.6g} (found)",
        f"written to {out}",
    ]
    lines[3:3] = [
        f"{kind}: {c['pruned'] + c['locked']:,} of {c['weights']:,} weights frozen "
        f"({c['pruned']:,} pruned, {c['locked']:,} locked)"
        for kind, c in record["frozen"].items()
    ]
    if network_eps is not None:
        from slt_theory.tickets.budget import pensia_rule

        record["theorem_rule"] = pensia_rule(network, number("network_eps", network_eps))
    if not ticket.complete:
        try:
            enough = sufficient_n(network, theorem=theorem, **options)
            advice = f"{find(theorem).scarce} = {enough} would do with 99 % estimated chance"
        except BadInput as error:
            enough, advice = None, f"n {error.constraint}"
        record["sufficient_n"] = enough
        first = ", ".join(f"layer {a} weight ({b}, {c}) {d}" for a, b, c, d in ticket.unreached[:3])
        lines.insert(
            1,
            f"INCOMPLETE: {len(ticket.unreached)} sums have no subset within eps ({first}, ...); "
            f"{advice}",
        )
    record["seconds"] = time.perf_counter() - started
    emit(record, "\n".join(lines), as_json=json)
    if not ticket.complete:
        raise typer.Exit(3)


def verify(
    file: Annotated[Path, typer.Argument(help="Ticket file.")],
    target: Target,
    json: Json = False,
) -> None:
    """Check a ticket independently: seed, masks and target alone."""
    from slt_theory.tickets import read_ticket
    from slt_theory.tickets import verify as check

    report = check(read_ticket(file), dense_target(target))
    lines = [
        "ok" if report.ok else "NOT OK",
        f"largest weight error {report.max_weight_error:.6g}; network error at most "
        f"{report.sup_error_bound:.6g} (certified), at least {report.sup_error_found:.6g} (found)",
        *(f"failure: {text}" for text in report.failures),
    ]
    emit(report.to_dict(), "\n".join(lines), as_json=json)
    if not report.ok:
        raise typer.Exit(1)
