"""slt search."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Json, Seed, emit, number
from slt_theory.cli.patience import progress_bar
from slt_theory.errors import BadInput, MissingExtra


def register(app: typer.Typer) -> None:
    """Add ``search`` to the command line."""
    app.command("search")(search)


def search(
    model: Annotated[str, typer.Option(help="mlp, conv2, conv4, conv6, resnet or gin.")] = "mlp",
    data: Annotated[
        str, typer.Option(help="digits, karate, or a folder of MNIST, CIFAR or OGB files.")
    ] = "digits",
    density: Annotated[str, typer.Option(help="Kept weights / all weights.")] = "0.5",
    lock: Annotated[str, typer.Option(help="Share of weights frozen to their value.")] = "0",
    prune: Annotated[str, typer.Option(help="Share of weights frozen to 0.")] = "0",
    seeds: Annotated[int, typer.Option(help="Random networks, searched as one stack.")] = 5,
    method: Annotated[str, typer.Option(help="edge-popup, biprop or random.")] = "edge-popup",
    scope: Annotated[str, typer.Option(help="layer, or global: one threshold.")] = "layer",
    rule: Annotated[str, typer.Option(help="Frozen weights: uniform, equal or erk.")] = "uniform",
    pattern: Annotated[str, typer.Option(help="Frozen pattern from: seed or lfsr.")] = "seed",
    law: Annotated[
        str,
        typer.Option(help="signed-constant, kaiming-normal, kaiming-uniform or glorot-normal."),
    ] = "signed-constant",
    coat: Annotated[
        list[str] | None, typer.Option(help="Density of a further coat; may be repeated.")
    ] = None,
    redraw: Annotated[
        float, typer.Option(help="Share of pruned weights drawn anew every 100 steps.")
    ] = 0.0,
    width: Annotated[int, typer.Option(help="Hidden layers of the mlp: 4 and 2 widths.")] = 64,
    steps: Annotated[int, typer.Option(help="Training steps of 60 examples.")] = 800,
    seed: Seed = 0,
    threads: Annotated[int, typer.Option(help="Of torch; one is exact and often fastest.")] = 1,
    json: Json = False,
) -> None:
    """Search a mask in random networks, and train the same networks for comparison."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtra("torch", "slt search") from error
    from dataclasses import replace
    from statistics import median

    from slt_theory.statistics import median_interval
    from slt_theory.torch.search import RECIPE, Search
    from slt_theory.torch.search import search as find
    from slt_theory.torch.search.named import named
    from slt_theory.torch.train import Recipe, correct, draws, fit, initial

    started = time.perf_counter()
    if min(seeds, steps, threads) < 1:
        raise BadInput("seeds, steps, threads", (seeds, steps, threads), "must be >= 1")
    settings = Search(
        density=number("density", density),
        prune=number("prune", prune),
        lock=number("lock", lock),
        method=method,
        scope=scope,
        rule=rule,
        pattern=pattern,
        law=law,
        coats=tuple(number("coat", each) for each in coat or ()),
        redraw=redraw,
        recipe=replace(RECIPE, steps=steps, batch=None if model == "gin" else RECIPE.batch),
    )
    torch.set_num_threads(threads)
    streams = draws(seed, seeds)
    system = named(model, data, draws=streams, width=width)
    with progress_bar("search", None) as progress:
        found = find(system.model, system.task, settings, draws=streams, progress=progress)
    dense = initial(system.model, streams, law="glorot-normal")
    plain = Recipe(steps=steps, batch=settings.recipe.batch)
    with progress_bar("training", steps) as progress:
        trained = fit(
            system.model, dense, system.task, plain, draws=streams, progress=progress
        ).variables
    tests = system.task.test.shape[1]
    accuracies = [
        hits / tests for hits in correct(system.model, found.tensors, system.task).tolist()
    ]
    compared = [hits / tests for hits in correct(system.model, trained, system.task).tolist()]
    low, high, level = median_interval(accuracies)
    record: dict[str, Any] = {
        "model": repr(system.model),
        "data": system.task.to_dict(),
        "seed": seed,
        "seeds": seeds,
        "accuracy": median(accuracies),
        "accuracy_low": low,
        "accuracy_high": high,
        "interval": f"exact, for the median over random networks, level {level:.6g}; "
        "the test examples are taken as given",
        "interval_level": level,
        "accuracies": accuracies,
        "trained_accuracy": median(compared),
        "trained_accuracies": compared,
        "density": found.density,
        "mask_bits": found.mask_bits,
        "search": settings.to_dict(),
        "seconds": time.perf_counter() - started,
    }
    text = (
        f"{system.model!r} on {system.task.name}: mask found with accuracy "
        f"{median(accuracies):.2%} (median of {seeds} networks, {low:.2%} .. {high:.2%} at level "
        f"{level:.4g}), trained {median(compared):.2%}\n"
        f"density {found.density:.6g}, {found.mask_bits:,} mask bits, {tests} test examples"
    )
    emit(record, text, as_json=json)
