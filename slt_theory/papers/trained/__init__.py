"""Claims about training and pruning, one module a system.

A module holds the paper's claims in its words, the algorithm, the arms of its experiment as a table
(`shared.arms.Arms`), and checks as pairs of arms. Its ``ENTRIES`` are listed by finding the module.
"""

from __future__ import annotations

from functools import cache

from slt_theory.papers import modules_of
from slt_theory.theorems.entry import Claim

__all__ = ["all_claims"]

#: The catalogue's order; a module that is not named comes last.
_ORDER = """
    frankle2019_procedure frankle2019 frankle2019_matching frankle2019_occam frankle2019_movement
    frankle2019_layers zhou2019 frankle2019b frankle2020 morcos2019
    bai2022_pressure bai2022 wang2023_shrinkage wang2023 zhou2021_pattern zhou2021 cho2020 elsa2023
    diffenderfer2021 diffenderfer2021_binary tanaka2020 chen2022
    ma2021 yin2023_invariants yin2023 sahu2022 zhang2021_set zhang2021 paul2022 farahani2024
    liu2016 wang2022 qian2021 antoran2020_evidence antoran2020 muratore2022 facco2017
    tukan2022 tukan2022_sampling tukan2022_rectified
    tran2022_excess tran2022 tran2022_curvature tran2022_classes kwon2022 kwon2022_digits
"""


@cache
def all_claims() -> tuple[Claim, ...]:
    """Every claim, in the catalogue's order."""
    modules = modules_of(__name__, __path__, _ORDER, beside="shared")
    return tuple(claim for module in modules for claim in module.ENTRIES)
