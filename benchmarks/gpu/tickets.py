"""Tickets on a GPU: targets a second, a small network and a billion weights end to end.

    python benchmarks/gpu/tickets.py [--out FILE.json] [--weights N]

Writes one JSON object with machine and versions. Exit code 4 without a GPU or without Triton.

The arithmetic limit of a target is what any program must do for it: draw its numbers, 80 integer
operations a Philox block of four words, and two (add, minimum) for every sum tried, on average
reach / width of them and at least one table of 256. It is compared with 64 integer operations a
clock and multiprocessor.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
import time
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from slt_theory.laws import Uniform
from slt_theory.tickets.building.gadget import Design, fill_pair, pair_block
from slt_theory.tickets.building.request import Layer
from slt_theory.torch import build_ticket, summary
from slt_theory.torch.kernels.launch import Fused, available
from slt_theory.torch.pair import GadgetPair
from slt_theory.torch.solve import OPEN, solve_pair

LAW = Uniform(bits=24)
BOOST_HZ = 1.98e9  # of an H200, where torch does not say


def case(eps: float, n: int, rows: int, columns: int, device: str) -> tuple[GadgetPair, Any, Layer]:
    """A layer of uniform targets."""
    targets = np.random.default_rng(0).integers(-(2**48), 2**48, (rows, columns))
    exact = Fraction(eps)
    layer = Layer(targets, int(exact * 2**48), 0, exact, columns)
    block = pair_block(layer, Design(n, 2, LAW, LAW), 0)
    return GadgetPair(block, 1, torch.device(device)), torch.from_numpy(targets).to(device), layer


def equal(eps: float, n: int) -> bool:
    """True if the kernel's masks are those of the numpy path, on 20,000 weights."""
    pair, targets, layer = case(eps, n, 200, 100, "cuda")
    masks = solve_pair(pair, targets, layer.radius, fused=True)
    (_, outer), _ = fill_pair(
        pair.block, layer, seed=1, radius=layer.radius, threads=None, progress=None
    )
    return bool(np.array_equal(masks.out.cpu().numpy(), outer))


def rate(eps: float, n: int, rows: int, columns: int) -> dict[str, Any]:
    """Targets a second of the kernel alone: the best of five runs between two events."""
    pair, targets, layer = case(eps, n, rows, columns, "cuda")
    out = torch.zeros(rows, (pair.hidden + 7) // 8, dtype=torch.uint8, device="cuda")
    states = torch.empty(rows, pair.groups, dtype=torch.int8, device="cuda")
    try_rows = Fused(pair, torch.ones(pair.groups, dtype=torch.bool, device="cuda"))
    seconds = []
    for _ in range(6):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        try_rows(targets, layer.radius, 0, out, states)
        end.record()
        torch.cuda.synchronize()
        seconds.append(begin.elapsed_time(end) / 1e3)
    targets = rows * pair.groups
    best = min(seconds[1:])  # the first one compiles
    reach = float(pair.u.abs().sum(1).double().mean()) * 2.0**-24 / 2
    tried = max(256.0, reach / (2 * eps))
    operations = 80 * math.ceil(n / 4) + 2 * tried
    limit = arithmetic() / operations
    return {
        "eps": eps,
        "n": n,
        "targets": targets,
        "seconds": best,
        "targets_per_second": targets / best,
        "limit_targets_per_second": limit,
        "fraction_of_limit": targets / best / limit,
        "left_to_the_host": float((states == OPEN).double().mean()),
        "equal_to_numpy": equal(eps, n),
    }


def arithmetic() -> float:
    """Integer operations a second: 64 a clock and multiprocessor."""
    properties = torch.cuda.get_device_properties(0)
    clock = float(getattr(properties, "clock_rate", 0)) * 1e3 or BOOST_HZ
    return float(properties.multi_processor_count) * 64 * clock


def whole(module: nn.Module, memory: int = 1 << 30) -> dict[str, Any]:
    """A ticket end to end, the second time: kernels are compiled, weights are on the device."""
    seconds = []
    for _ in range(2):
        torch.cuda.synchronize()
        start = time.perf_counter()
        ticket = build_ticket(module, eps=0.01, seed=1, device="cuda", memory=memory)
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    found = summary(ticket)
    found["unreached"] = len(found["unreached"])
    n = next(m for m in ticket.modules() if hasattr(m, "block")).block.n
    return {"seconds": seconds[1], "first_seconds": seconds[0], "n": n, **found}


class Transformer(nn.Module):
    """The linear layers of a decoder, width 2048: a block has twelve squares of them."""

    def __init__(self, weights: float, width: int = 2048) -> None:
        super().__init__()
        blocks = max(1, round(weights / (12 * width * width)))
        self.blocks = nn.ModuleList()
        for _ in range(blocks):
            square = [nn.Linear(width, width, bias=False) for _ in range(4)]
            up, down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
            self.blocks.append(nn.ModuleList([*square, up, down]))


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries measured; "missing" for one not installed."""
    found = {"python": platform.python_version()}
    for name in ("torch", "triton", "numba", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def main() -> int:
    """Time both ways on the GPU and write the record; 1 on a machine without GPU or Triton."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--weights", type=float, default=1e9)
    arguments = parser.parse_args()
    if not torch.cuda.is_available() or not available():
        missing = "Triton" if torch.cuda.is_available() else "a GPU that torch can use"
        print(f"nothing was measured: this machine lacks {missing}", file=sys.stderr)
        return 4
    torch.manual_seed(0)
    with torch.device("cuda"):
        small = nn.Sequential(nn.Linear(784, 500), nn.ReLU(), nn.Linear(500, 10))
        large = Transformer(arguments.weights).to(torch.float16)
    record = {
        "device": torch.cuda.get_device_name(0),
        "host": platform.machine(),
        "versions": versions(),
        "integer_operations_per_second": arithmetic(),
        "kernel": [
            rate(eps, n, rows, 512)
            for eps, n, rows in ((1e-2, 48, 1 << 14), (1e-3, 60, 1 << 13), (1e-4, 72, 1 << 11))
        ],
        "network_784_500_10": whole(small),
        "transformer": whole(large, memory=4 << 30),
    }
    text = json.dumps(record, indent=1)
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
