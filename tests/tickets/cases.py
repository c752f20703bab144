"""Small targets and quick builds for the tests of tickets."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import plain

from slt_theory.networks import Dense
from slt_theory.tickets import Ticket, build_ticket, write_ticket

# At these sizes every sum is reached for the seeds used here.
EPS, N = 0.05, 44


def random_target(seed: int, widths: tuple[int, ...], *, biases: bool, size: float = 1.0) -> Dense:
    """Weights that are float32 numbers, like those of trained networks."""
    rng = random.Random(seed)

    def number() -> float:
        return rng.randint(-(2**20), 2**20) / 2**20 * size

    weights = [
        [[number() for _ in range(a)] for _ in range(b)] for a, b in itertools.pairwise(widths)
    ]
    return Dense(weights, biases=[[number() for _ in row] for row in weights] if biases else [])


def built(target: Dense, **options: Any) -> Ticket:
    return build_ticket(target, **{"eps": EPS, "n": N, "seed": 1, "threads": 1, **options})


def as_bytes(ticket: Ticket, folder: Path) -> bytes:
    path = folder / "ticket.slt"
    write_ticket(ticket, path)
    return path.read_bytes()


def plain_ticket(ticket: Ticket, folder: Path) -> plain.PlainTicket:
    return plain.PlainTicket(as_bytes(ticket, folder))
