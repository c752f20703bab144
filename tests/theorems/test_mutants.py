"""Statements come with a false version of themselves, which their checks catch."""

from __future__ import annotations

import pytest

from slt_theory.theorems import Theorem, all_theorems
from slt_theory.theorems.partitions import (
    differencing,
    reached,
    signed_sums,
    smallest_discrepancy,
)

#: Papers whose checks are older than the rule; `test_checks_come_out` plants errors for them.
OLDER = """
    lueker1998 dacunha2023 becchetti2022 malach2020 orseau2020 pensia2020 fischer2021
    burkholz2022 burkholz2022b burkholz2022c diffenderfer2021 sreenivasan2022 dacunha2022
    dacunha2023b ferbach2023 gadhikar2023 otsuka2024 xiong2023 chijiwa2021 yao2023 kumar2026 slt
"""
#: Their first entries, likewise.
OLDER_ENTRIES = """
    otsuka2026-two-for-one otsuka2026-softmax otsuka2026-attention natale2024-fixed-size
    natale2024-sum-bounded natale2024-amplified natale2024-network natale2024-lower-bound
    borgs2001-partition kumar2025-partition kumar2025-quantised kumar2025-lower-bound
"""


@pytest.mark.parametrize("entry", all_theorems(), ids=lambda e: e.id)
def test_a_statement_has_a_mutant(entry: Theorem) -> None:
    if entry.source.paper.key in OLDER.split() or entry.id in OLDER_ENTRIES.split():
        return
    roles = [check.role for check in entry.checks]
    assert roles.count("mutant") >= roles.count("statement") >= 1


def test_exact_searches_agree_with_the_definition() -> None:
    items = [8, -7, 6, 5, -4]
    sums = {sum(x for k, x in enumerate(items) if mask >> k & 1) for mask in range(32)}
    bits, low = reached(items)
    assert {low + k for k in range(bits.bit_length()) if bits >> k & 1} == sums
    signed = {sum(x if mask >> k & 1 else -x for k, x in enumerate(items)) for mask in range(32)}
    assert set(signed_sums(items).tolist()) | {-s for s in signed_sums(items).tolist()} == signed
    assert smallest_discrepancy(items) == min(map(abs, signed))
    assert differencing([8, 7, 6, 5, 4]) == 2
