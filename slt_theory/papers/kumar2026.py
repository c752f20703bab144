"""Kumar, Natale 2026: one account of real and quantised weights."""

from __future__ import annotations

import math

from slt_theory.theorems.checks import SumsCheck
from slt_theory.theorems.common import POSITIVE, parameter
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)

PAPER = Paper(
    key="kumar2026",
    authors="Aakash Kumar, Emanuele Natale",
    title="A unified framework for quantized and continuous strong lottery tickets",
    venue="arXiv",
    year=2026,
    arxiv="2607.03860",
)

_QUANTISED = parameter("weights are multiples of the resolution", "quantised", bool)


ENTRIES = (
    Theorem(
        id="kumar2026-unified",
        title="One bound from exact integers to real numbers",
        kind="theorem",
        source=Source(PAPER, "Theorem 2, as its reviews quote it", "arXiv", "review"),
        statement="X_i iid uniform on -M..M, tolerance Delta. With probability at least "
        "1 - 2 exp(-(n - C log((M+1)/(Delta+1)))^2 / (kappa n)) every integer z of the range has a "
        "subset sum within Delta. Delta = 0 is the quantised case, M -> infinity the continuous.",
        quantifiers=Quantifiers("all", None, "Delta", "integers of [-M, M]"),
        assumptions=(POSITIVE, _QUANTISED),
        constants=(Constant("C", None, "unnamed"), Constant("kappa", None, "unnamed")),
        bound=Formula(
            "C*log((M + 1)/(Delta + 1))", lambda M, Delta, C: C * math.log((M + 1) / (Delta + 1))
        ),
        unit="numbers, to first order",
        uses=("dacunha2023-rss",),
        checks=(
            SumsCheck(
                "tolerance 2",
                "every integer of [-64, 64] within 2, from 22 integers of -64..64",
                "5/2",
                0.1,
                n=22,
                law="integers[64]",
                lo="-64",
                hi="64",
            ),
            SumsCheck(
                "exact",
                "every integer of [-64, 64] exactly, from 26 integers",
                "1/2",
                0.1,
                n=26,
                law="integers[64]",
                lo="-64",
                hi="64",
            ),
        ),
    ),
)
