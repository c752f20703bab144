"""slt search."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Json, Seed, emit, number
from slt_theory.cli.patience import progress_bar
from slt_theory.errors import BadInput
from slt_theory.extras import optional


def register(app: typer.Typer) -> None:
    """Add ``search`` to the command line."""
    app.command("search")(search)


Model = Annotated[str, typer.Option(help="mlp, conv2, conv4, conv6, resnet or gin.")]
Dataset = Annotated[
    str, typer.Option(help="digits, karate, or a folder of MNIST, CIFAR or OGB files.")
]
Density = Annotated[str, typer.Option(help="Kept weights / all weights.")]
Lock = Annotated[str, typer.Option(help="Share of weights frozen to their value.")]
Prune = Annotated[str, typer.Option(help="Share of weights frozen to 0.")]
Seeds = Annotated[int, typer.Option(help="Random networks, searched as one stack.")]
Method = Annotated[str, typer.Option(help="edge-popup, biprop or random.")]
Scope = Annotated[str, typer.Option(help="layer, or global: one threshold.")]
Rule = Annotated[str, typer.Option(help="Frozen weights: uniform, equal or erk.")]
Pattern = Annotated[str, typer.Option(help="Frozen pattern from: seed or lfsr.")]
WeightLaw = Annotated[
    str, typer.Option(help="signed-constant, kaiming-normal, kaiming-uniform or glorot-normal.")
]
Coats = Annotated[
    list[str] | None, typer.Option(help="Density of a further coat; may be repeated.")
]
Redraw = Annotated[float, typer.Option(help="Share of pruned weights drawn anew every 100 steps.")]
Width = Annotated[int, typer.Option(help="Hidden layers of the mlp: 4 and 2 widths.")]
Steps = Annotated[int, typer.Option(help="Training steps of 60 examples.")]
TorchThreads = Annotated[int, typer.Option(help="Of torch; one is exact and often fastest.")]


def search(
    model: Model = "mlp",
    data: Dataset = "digits",
    density: Density = "0.5",
    lock: Lock = "0",
    prune: Prune = "0",
    seeds: Seeds = 5,
    method: Method = "edge-popup",
    scope: Scope = "layer",
    rule: Rule = "uniform",
    pattern: Pattern = "seed",
    law: WeightLaw = "signed-constant",
    coat: Coats = None,
    redraw: Redraw = 0.0,
    width: Width = 64,
    steps: Steps = 800,
    seed: Seed = 0,
    threads: TorchThreads = 1,
    json: Json = False,
) -> None:
    """Search a mask in random networks, and train the same networks for comparison."""
    _use_threads(threads)
    from dataclasses import replace

    from slt_theory.torch.search import RECIPE, Search
    from slt_theory.torch.search.named import named
    from slt_theory.torch.train import draws

    started = time.perf_counter()
    if min(seeds, steps) < 1:
        raise BadInput("seeds, steps", (seeds, steps), "must be >= 1")
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
    streams = draws(seed, seeds)
    system = named(model, data, draws=streams, width=width)
    record = {"model": repr(system.model), "data": system.task.to_dict(), "seed": seed}
    record |= {"seeds": seeds, **_searched(system, settings, streams)}
    record |= {"search": settings.to_dict(), "seconds": time.perf_counter() - started}
    emit(record, _summary(record, system), as_json=json)


def _use_threads(threads: int) -> None:
    """Load torch, and set the threads that it works with."""
    torch = optional("torch", "torch", "slt search")
    if threads < 1:
        raise BadInput("threads", threads, "must be >= 1")
    torch.set_num_threads(threads)


def _searched(system: Any, settings: Any, streams: Any) -> dict[str, Any]:
    """Test accuracies of the masks found and of the same networks trained."""
    from statistics import median

    from slt_theory.statistics import median_interval
    from slt_theory.torch.search import search as find
    from slt_theory.torch.train import Recipe, correct, fit, initial

    model, task = system.model, system.task

    def accuracies_of(weights: Any) -> list[float]:
        return [hits / task.test.shape[1] for hits in correct(model, weights, task).tolist()]

    with progress_bar("search", None) as progress:
        found = find(model, task, settings, draws=streams, progress=progress)
    dense = initial(model, streams, law="glorot-normal")
    plain = Recipe(steps=settings.recipe.steps, batch=settings.recipe.batch)
    with progress_bar("training", plain.steps) as progress:
        trained = fit(model, dense, task, plain, draws=streams, progress=progress).variables
    accuracies, compared = accuracies_of(found.tensors), accuracies_of(trained)
    low, high, level = median_interval(accuracies)
    return {
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
    }


def _summary(record: dict[str, Any], system: Any) -> str:
    """The same as text."""
    return (
        f"{system.model!r} on {system.task.name}: mask found with accuracy "
        f"{record['accuracy']:.2%} (median of {record['seeds']} networks, "
        f"{record['accuracy_low']:.2%} .. {record['accuracy_high']:.2%} at level "
        f"{record['interval_level']:.4g}), trained {record['trained_accuracy']:.2%}\n"
        f"density {record['density']:.6g}, {record['mask_bits']:,} mask bits, "
        f"{system.task.test.shape[1]} test examples"
    )
