"""Training and search need numpy, numba and torch, nothing else."""

from __future__ import annotations

import subprocess
import sys

# Torch itself brings sympy and networkx.
OTHERS = (
    "scipy",
    "flint",
    "matplotlib",
    "safetensors",
    "sklearn",
    "hypothesis",
    "typer",
    "rich",
)


def test_a_search_runs_where_nothing_else_is_installed():
    code = f"""
import sys
for name in {OTHERS!r}:
    sys.modules[name] = None
import torch
from slt_theory.statistics import median_interval, paired_verdict
from slt_theory.torch.search import RECIPE, Search, search
from slt_theory.torch.train import Mlp, Task, draws
from dataclasses import replace
inputs, labels = torch.eye(6), torch.arange(6) % 2
numbers = torch.arange(6).expand(2, -1)
task = Task("six", inputs, labels, numbers, numbers[:, :0], numbers)
settings = Search(recipe=replace(RECIPE, steps=3))
found = search(Mlp((6, 4, 2), bias=False), task, settings, draws=draws(0, 2))
print(found.mask_bits, median_interval([1, 2]).level, paired_verdict([1]).verdict)
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert answer.stdout.split() == ["32", "0.5", "INCONCLUSIVE"]
