"""Data that a verb runs networks on: held-out digits, or the test part of a folder."""

from __future__ import annotations

from typing import Annotated, Any

import typer

__all__ = ["Data", "held_out"]

Data = Annotated[
    str | None,
    typer.Option("--data", help="digits, or a folder with MNIST or CIFAR files: accuracy on it."),
]


def held_out(name: str | None) -> Any:
    """The labelled inputs that nothing was trained on, or None."""
    if name is None:
        return None
    from slt_theory.data import digits
    from slt_theory.data.folders import read_images

    return digits()[1] if name == "digits" else read_images(name)[1]
