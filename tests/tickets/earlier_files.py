"""Ticket files that an earlier version wrote, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import conv_cases
import numpy as np

from slt_theory.networks import Attention, load_attention, load_target
from slt_theory.tickets import Ticket, ticket_forward, verify
from slt_theory.tickets.run import attention_forward, transformer_forward
from slt_theory.universal import family_of
from slt_theory.universal import verify as verify_universal

FOLDER = Path(__file__).parent / "earlier"
NAMES = sorted(path.stem for path in FOLDER.glob("*.slt"))
TARGETS: dict[str, Any] = {
    "attention": lambda: Attention(**dict(np.load(FOLDER / "attention.npz"))),
    "transformer": lambda: load_attention(FOLDER / "transformer.npz"),
    "one-layer": lambda: load_target(FOLDER / "one.npz"),
    "dacunha2022-cnn": conv_cases.tiny_conv,
    "burkholz2022b-conv-residual": conv_cases.tiny_residual,
}


def judged(ticket: Ticket, name: str) -> Any:
    """The check of a ticket against what the file `name` stands for, as the verbs make it."""
    if name.startswith("universal"):
        return verify_universal(ticket, family_of(ticket))
    return verify(ticket, target_of(name))


def target_of(name: str) -> Any:
    return TARGETS.get(name, lambda: load_target(FOLDER / "dense.npz"))()


def outputs(ticket: Ticket, name: str) -> np.ndarray:
    """What the masked network of a ticket answers at fixed inputs."""
    rng = np.random.default_rng(5)
    if name == "attention":
        return attention_forward(ticket, rng.uniform(-1, 1, (12, TARGETS[name]().query.shape[1])))
    if name == "transformer":
        return transformer_forward(ticket, rng.uniform(-1, 1, (12, target_of(name).width)))
    size = target_of(name).size_in if not name.startswith("universal") else ticket.blocks[0].inputs
    return ticket_forward(ticket, rng.uniform(0, 1, (40, size)))
