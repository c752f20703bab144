"""Training primitives: stacks of networks, masks with exact counts, one loop with hooks."""

from __future__ import annotations

from slt_theory.torch.train.budgets import BUDGETS, apportion, budget, count_of, share
from slt_theory.torch.train.convolutional import ConvModel, conv, convolve, images
from slt_theory.torch.train.gin import Gin, adjacency
from slt_theory.torch.train.loop import (
    Batch,
    Fitted,
    Moment,
    Recipe,
    correct,
    cross_entropy,
    fit,
    outputs,
)
from slt_theory.torch.train.masks import (
    Keep,
    applied,
    check_masks,
    density,
    hamming,
    kept,
    nested,
    ones,
    overlap,
    random_masks,
    shuffled,
    top,
    top_rows,
)
from slt_theory.torch.train.mlp import Mlp, dense
from slt_theory.torch.train.model import LAWS, Model, Shapes, Tensors, initial, maskable, sizes
from slt_theory.torch.train.planted import Recovery, plant, recovery, taught
from slt_theory.torch.train.replicates import Draws, Use, draws
from slt_theory.torch.train.residual import ResNet, standardised
from slt_theory.torch.train.rewind import (
    Round,
    constant_magnitude,
    fit_masked,
    rounds,
    shuffled_kept,
    sign_kept,
)
from slt_theory.torch.train.schedules import SCHEDULES, Schedule, geometric, ramp
from slt_theory.torch.train.scores import (
    among,
    fisher,
    magnitude,
    movement,
    snip,
    synflow,
    synflow_masks,
)
from slt_theory.torch.train.ste import straight_through
from slt_theory.torch.train.task import Task, fixed_task, graph_task, split_task

__all__ = [
    "BUDGETS",
    "LAWS",
    "SCHEDULES",
    "Batch",
    "ConvModel",
    "Draws",
    "Fitted",
    "Gin",
    "Keep",
    "Mlp",
    "Model",
    "Moment",
    "Recipe",
    "Recovery",
    "ResNet",
    "Round",
    "Schedule",
    "Shapes",
    "Task",
    "Tensors",
    "Use",
    "adjacency",
    "among",
    "applied",
    "apportion",
    "budget",
    "check_masks",
    "constant_magnitude",
    "conv",
    "convolve",
    "correct",
    "count_of",
    "cross_entropy",
    "dense",
    "density",
    "draws",
    "fisher",
    "fit",
    "fit_masked",
    "fixed_task",
    "geometric",
    "graph_task",
    "hamming",
    "images",
    "initial",
    "kept",
    "magnitude",
    "maskable",
    "movement",
    "nested",
    "ones",
    "outputs",
    "overlap",
    "plant",
    "ramp",
    "random_masks",
    "recovery",
    "rounds",
    "share",
    "shuffled",
    "shuffled_kept",
    "sign_kept",
    "sizes",
    "snip",
    "split_task",
    "standardised",
    "straight_through",
    "synflow",
    "synflow_masks",
    "taught",
    "top",
    "top_rows",
]
