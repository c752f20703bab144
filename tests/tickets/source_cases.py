"""Constructions whose sources are not uniform, and small tickets of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import cases

from slt_theory.networks import Dense
from slt_theory.tickets import Ticket, build_ticket

WIDTHS = (2, 2, 1)
EPS = Fraction(1, 20)
# At these n every sum is reached for the seeds used here; an estimate of n would take seconds.
OPTIONS: dict[str, dict[str, Any]] = {
    "orseau2020-hyperbolic": {"n": 300},
    "diffenderfer2021-binary": {},
    "sreenivasan2022-binary": {},
    "xiong2023-perturbation": {"move": Fraction(1, 10), "n": 48},
    "chijiwa2021-redraws": {},
    "kumar2025-quantised": {"n": 80},
    "kumar2025-shallow": {},
}
#: Their layers are held by `PlainSource`; those with copies of values by the adversary's reader.
PLAIN = [theorem for theorem in OPTIONS if theorem != "kumar2025-shallow"]


def target() -> Dense:
    return cases.random_target(21, WIDTHS, biases=True)


def built(theorem: str, network: Dense | None = None, **options: Any) -> Ticket:
    asked = {"eps": EPS, "seed": 1, "threads": 1, **OPTIONS[theorem], **options}
    return build_ticket(network or target(), theorem=theorem, **asked)


def moved() -> Ticket:
    """A complete ticket in which both layers have weights that moved."""
    return built("xiong2023-perturbation", n=34, seed=2)
