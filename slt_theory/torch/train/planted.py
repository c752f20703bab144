"""Planted tickets: a positive control, since the best mask is known."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch

from slt_theory.torch.train.loop import outputs
from slt_theory.torch.train.masks import applied, kept
from slt_theory.torch.train.model import Model, Tensors
from slt_theory.torch.train.task import Task

__all__ = ["Recovery", "plant", "recovery", "taught"]


def plant(source: Tensors, target: Tensors, masks: Tensors) -> Tensors:
    """The random network with a sparse target written into the places of its mask.

    The masked result is the target, bit for bit: ``applied(plant(s, t, m), m) == applied(t, m)``.
    Tensors without a mask (biases) are the target's.
    """
    return {
        name: torch.where(masks[name], target[name], value) if name in masks else target[name]
        for name, value in source.items()
    }


class Recovery(NamedTuple):
    """Recovery of a planted support: shares of the found and of the planted weights."""

    precision: list[float]
    recall: list[float]


def recovery(found: Tensors, planted: Tensors) -> Recovery:
    """Precision and recall of each network's mask."""
    both = kept({name: found[name] & planted[name] for name in planted}).double()
    return Recovery((both / kept(found)).tolist(), (both / kept(planted)).tolist())


def taught(task: Task, model: Model, tensors: Tensors, masks: Tensors) -> Task:
    """The task with each masked network's own answers as its labels.

    Its ticket is then right wherever its largest output is unique, and no mask is right more often
    there; a dead network, all outputs 0, decides nothing.
    """
    numbers = torch.arange(len(task.inputs)).expand(task.stack, -1)
    answers = outputs(model, applied(tensors, masks), task.inputs, numbers).argmax(2)
    return replace(task, name=f"{task.name}, taught", labels=answers)
