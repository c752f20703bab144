"""Pruning while training: what is claimed of it."""

from __future__ import annotations

from slt_theory.theorems.checks import Check
from slt_theory.theorems.entry import Claim, Paper, Source

FAMILY = "pruning while training"
RIG = "MLP 64-100-50-10 on 8x8 digits, 600 Adam steps, 24 replicates of split, weights and order"

ELSA = Paper(
    key="elsa2023",
    authors="the authors of arXiv 2312.06872",
    title="ELSA",
    venue="arXiv",
    year=2023,
    arxiv="2312.06872",
)

ENTRIES = (
    Claim(
        id="elsa2023-extraction",
        title="A sparse network is extracted from a dense one by zeroing",
        family=FAMILY,
        source=Source(ELSA, "abstract", "arXiv", "read"),
        statement="With the kept weights fixed, the rest can be trained so that the whole is a "
        "good dense network; zeroing the rest gives back the sparse one exactly.",
        paper_scope="convolutional networks and transformers on images; normalisation per level",
        test_scope=RIG,
        checks=(
            Check(
                "extraction", "the sparse part is what it was, bit for bit", "elsa:same_sparse_part"
            ),
            Check(
                "dense accuracy",
                "the whole is at most one point worse than dense alone",
                "elsa:dense_loses_nothing",
            ),
            Check("dense twice", "dense against dense", "elsa:control", role="control"),
            Check(
                "nothing held fixed",
                "all weights trained on",
                "elsa:retrained",
                role="mutant",
            ),
            Check("not extended", "the rest stays 0", "elsa:not_extended", role="mutant"),
        ),
    ),
)
