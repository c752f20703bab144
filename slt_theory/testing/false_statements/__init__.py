"""False lemmas close to true ones: a search that misses one of them is not worth much."""

from __future__ import annotations

from slt_theory.testing.false_statements import (
    constants,
    lost_conditions,
    off_by_one,
    probabilities,
    published,
    quantifiers,
)

__all__ = ["LEMMAS"]

LEMMAS = (
    *constants.LEMMAS,
    *lost_conditions.LEMMAS,
    *off_by_one.LEMMAS,
    *quantifiers.LEMMAS,
    *published.LEMMAS,
    *probabilities.LEMMAS,
)
