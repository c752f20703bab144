"""Of a ticket's initial weights, the signs are what counts.

Source: Zhou, Lan, Liu, Yosinski, "Deconstructing lottery tickets: zeros, signs, and the supermask"
(NeurIPS 2019, arXiv 1905.01067).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from slt_theory.papers.trained.frankle2019 import LENET, SPARSE, TICKETS, Pruned, learning
from slt_theory.papers.trained.shared import (
    Beats,
    Check,
    Claim,
    Equivalent,
    Paper,
    Source,
    control,
    mutant,
    training,
)

PAPER = Paper(
    key="zhou2019",
    authors="Hattie Zhou, Janice Lan, Rosanne Liu, Jason Yosinski",
    title="Deconstructing lottery tickets: zeros, signs, and the supermask",
    venue="NeurIPS",
    year=2019,
    arxiv="1905.01067",
)

MARGIN = Fraction(1, 100)


def _constant(p: Pruned) -> tuple[Any, ...]:
    return training.constant_magnitude(p.start), p.masks


def _other_signs(p: Pruned) -> tuple[Any, ...]:
    return training.sign_kept(p.start, p.rig.start(copy=2)), p.masks, 1


SIGNED = replace(
    TICKETS,
    table={
        **TICKETS.table,
        "constant magnitude": learning(_constant),
        "other signs": learning(_other_signs),
    },
    what="accuracy of {first} and {second}",
)


ENTRIES = (
    Claim(
        id="zhou2019-signs",
        title="Of the initial weights of a ticket, the signs count",
        family="pruning and rewinding",
        source=Source(PAPER, "signs, section 4", "NeurIPS 2019", "recalled-high"),
        statement="A ticket whose initial magnitudes are drawn anew, or set to one value a layer, "
        "trains as well as before while the signs are kept.",
        paper_scope=LENET,
        test_scope=SPARSE,
        checks=(
            Check(
                "new magnitudes",
                "within one point either way",
                Equivalent(SIGNED, "ticket", "signs", margin=MARGIN),
            ),
            Check(
                "one magnitude",
                "within one point either way for the root mean square of each layer",
                Equivalent(SIGNED, "ticket", "constant magnitude", margin=MARGIN),
            ),
            control(
                "two draws of magnitudes",
                Beats(SIGNED, "signs", "other signs", what="signs over signs"),
            ),
            mutant(
                "new signs",
                "signs drawn anew, too",
                Equivalent(SIGNED, "ticket", "fresh", margin=MARGIN),
            ),
        ),
    ),
)
