"""Models and data by the names that the command line uses."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch

from slt_theory.data import digits, karate_club, read_images, read_ogb
from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.torch.train import (
    Draws,
    Gin,
    Mlp,
    Model,
    ResNet,
    Task,
    adjacency,
    conv,
    fixed_task,
    graph_task,
)

__all__ = ["MODELS", "Named", "named"]

MODELS = ("mlp", "conv2", "conv4", "conv6", "resnet", "gin")

#: Shapes of images by the number of their pixels.
_IMAGES = {64: (1, 8, 8), 784: (1, 28, 28), 3072: (3, 32, 32)}


class Named(NamedTuple):
    """A model without biases and its task."""

    model: Model
    task: Task


def named(model: str, data: str, *, draws: Draws, width: int) -> Named:
    """The model and data of these names.

    Parameters
    ----------
    model : str
        mlp (inputs - 4 width - 2 width - classes), conv2, conv4, conv6 (conv is conv2), resnet
        (eight layers), gin (two layers, hidden 4 width).
    data : str
        digits; karate (with gin only); a folder of MNIST or CIFAR files, or of an OGB graph.
    width : int

    Raises
    ------
    BadInput
        Names that do not exist or do not go together.
    MissingExtra, UnreadableFile
        From the data.
    """
    model = {"conv": "conv2"}.get(model, model)
    if model not in MODELS:
        raise BadInput("model", model, "is unknown", f"known: {', '.join(MODELS)}")
    if width < 1:
        raise BadInput("width", width, "must be >= 1")
    is_graph = data == "karate" or (Path(data) / "raw").is_dir()
    if is_graph != (model == "gin"):
        kind = "a graph" if is_graph else "no graph"
        raise BadInput("data", data, f"is {kind}", "gin goes with graphs, other models with images")
    if is_graph:
        return _graph(data, draws, width)
    if data == "digits":
        train, test = digits()
    elif Path(data).is_dir():
        train, test = read_images(data)
    else:
        raise UnreadableFile(
            "data", data, "is neither known nor a folder", "digits, karate, or a folder's path"
        )
    task = fixed_task(Path(data).name, train, test, len(draws))
    size = task.inputs.shape[1]
    if model == "mlp":
        return Named(Mlp((size, 4 * width, 2 * width, task.classes), bias=False), task)
    if size not in _IMAGES:
        raise BadInput("data", data, f"has images of {size} numbers", "use --model mlp")
    image, classes = _IMAGES[size], task.classes
    if model == "resnet":
        return Named(ResNet(image, width=width, classes=classes, bias=False), task)
    depth = int(model.removeprefix("conv"))
    return Named(conv(depth, image, width=width, classes=classes, bias=False), task)


def _graph(data: str, draws: Draws, width: int) -> Named:
    graph = karate_club() if data == "karate" else read_ogb(data)
    # The club has no split of its own: half of the members are trained on.
    counts = (17, 0, 17) if data == "karate" else None
    task = graph_task(Path(data).name, graph, draws, counts)
    features = torch.from_numpy(graph.features).float()
    model = Gin(adjacency(graph), features, hidden=4 * width, classes=task.classes)
    return Named(model, task)
