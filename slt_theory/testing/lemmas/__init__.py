"""True lemmas, by subject: short statements of what theorems and constructions rest on."""

from __future__ import annotations

from slt_theory.testing.lemmas import (
    attention,
    convolutions,
    counting,
    functions,
    gadgets,
    golden_ratio,
    growth,
    mask_search,
    networks,
    random_sums,
    sums,
    tails,
)

__all__ = ["LEMMAS"]

LEMMAS = (
    *growth.LEMMAS,
    *sums.LEMMAS,
    *counting.LEMMAS,
    *golden_ratio.LEMMAS,
    *gadgets.LEMMAS,
    *networks.LEMMAS,
    *convolutions.LEMMAS,
    *attention.LEMMAS,
    *functions.LEMMAS,
    *tails.LEMMAS,
    *mask_search.LEMMAS,
    *random_sums.LEMMAS,
)
