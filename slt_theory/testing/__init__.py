"""Test an approximation lemma, and find the counterexample if it is false."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slt_theory.laws import CustomLaw
    from slt_theory.testing.assertion import LemmaFails, assert_lemma
    from slt_theory.testing.catalogue import all_lemmas, false_lemmas, get_lemma
    from slt_theory.testing.chance import ChanceLemma, ChanceTest
    from slt_theory.testing.counterexample import Counterexample
    from slt_theory.testing.hunt import Falsification, falsify
    from slt_theory.testing.lemma import Lemma
    from slt_theory.testing.margins import (
        ball,
        equality,
        every,
        farthest_target,
        least_error,
        some,
        subset_sums,
        sums_of_size,
    )
    from slt_theory.testing.network_spaces import attention_inputs, dense, kernels, matrices
    from slt_theory.testing.space import Space
    from slt_theory.testing.spaces import (
        box,
        counts,
        deltas,
        errors,
        frozen_patterns,
        masks,
        one_of,
        polynomials,
        reals,
        samples,
        targets,
        vectors,
    )

_HOME = {
    "assertion": ("LemmaFails", "assert_lemma"),
    "catalogue": ("all_lemmas", "false_lemmas", "get_lemma"),
    "chance": ("ChanceLemma", "ChanceTest"),
    "counterexample": ("Counterexample",),
    "hunt": ("Falsification", "falsify"),
    "lemma": ("Lemma",),
    "margins": (
        "ball", "equality", "every", "farthest_target", "least_error", "some", "subset_sums",
        "sums_of_size",
    ),
    "network_spaces": ("attention_inputs", "dense", "kernels", "matrices"),
    "space": ("Space",),
    "spaces": (
        "box", "counts", "deltas", "errors", "frozen_patterns", "masks", "one_of",
        "polynomials", "reals", "samples", "targets", "vectors",
    ),
}  # fmt: skip
_MODULE = {
    name: f"slt_theory.testing.{module}" for module, names in _HOME.items() for name in names
} | {"CustomLaw": "slt_theory.laws"}

__all__ = [
    "ChanceLemma",
    "ChanceTest",
    "Counterexample",
    "CustomLaw",
    "Falsification",
    "Lemma",
    "LemmaFails",
    "Space",
    "all_lemmas",
    "assert_lemma",
    "attention_inputs",
    "ball",
    "box",
    "counts",
    "deltas",
    "dense",
    "equality",
    "errors",
    "every",
    "false_lemmas",
    "falsify",
    "farthest_target",
    "frozen_patterns",
    "get_lemma",
    "kernels",
    "least_error",
    "masks",
    "matrices",
    "one_of",
    "polynomials",
    "reals",
    "samples",
    "some",
    "subset_sums",
    "sums_of_size",
    "targets",
    "vectors",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
