"""A verification toolkit for the theory of strong lottery tickets.

Public names are imported lazily: ``import slt_theory`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

from slt_theory.lazy_names import names_from

if TYPE_CHECKING:
    from slt_theory.certified import certified_n as certified_n
    from slt_theory.certified import counting_n as counting_n
    from slt_theory.certified import necessary_n as necessary_n
    from slt_theory.certified import statistical_n as statistical_n
    from slt_theory.experiments import check as check
    from slt_theory.experiments import threshold as threshold
    from slt_theory.experiments.bounds import bound_numbers as bound_numbers
    from slt_theory.instance import solve as solve
    from slt_theory.laws import (
        Masked as Masked,
    )
    from slt_theory.laws import (
        Normal as Normal,
    )
    from slt_theory.laws import (
        Product as Product,
    )
    from slt_theory.laws import (
        ReLU as ReLU,
    )
    from slt_theory.laws import (
        Scaled as Scaled,
    )
    from slt_theory.laws import (
        Uniform as Uniform,
    )
    from slt_theory.laws import (
        parse_law as parse_law,
    )
    from slt_theory.laws import (
        read_law as read_law,
    )
    from slt_theory.networks import Dense as Dense
    from slt_theory.networks import load_target as load_target
    from slt_theory.statistics import Verdict as Verdict
    from slt_theory.subset_sum.window import certify_window as certify_window
    from slt_theory.theorems import Bound as Bound
    from slt_theory.theorems import all_theorems as all_theorems
    from slt_theory.theorems import get as get
    from slt_theory.tickets import build_ticket as build_ticket
    from slt_theory.tickets import read_ticket as read_ticket
    from slt_theory.tickets import verify as verify
    from slt_theory.tickets import write_ticket as write_ticket
    from slt_theory.tickets.difference import difference as difference
    from slt_theory.torch import from_module as from_module

_HOMES = {
    "Bound": "theorems",
    "Dense": "networks",
    "Masked": "laws",
    "Normal": "laws",
    "Product": "laws",
    "ReLU": "laws",
    "Scaled": "laws",
    "Uniform": "laws",
    "Verdict": "statistics",
    "all_theorems": "theorems",
    "bound_numbers": "experiments.bounds",
    "build_ticket": "tickets",
    "certified_n": "certified",
    "certify_window": "subset_sum.window",
    "check": "experiments",
    "counting_n": "certified",
    "difference": "tickets.difference",
    "from_module": "torch",
    "get": "theorems",
    "load_target": "networks",
    "necessary_n": "certified",
    "parse_law": "laws",
    "read_law": "laws",
    "read_ticket": "tickets",
    "solve": "instance",
    "statistical_n": "certified",
    "threshold": "experiments",
    "verify": "tickets",
    "write_ticket": "tickets",
}

__all__ = ["__version__", *_HOMES]

__getattr__ = names_from(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
