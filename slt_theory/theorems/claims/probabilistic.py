from __future__ import annotations

from slt_theory.theorems.entry import Claim

ENTRIES: tuple[Claim, ...] = ()
