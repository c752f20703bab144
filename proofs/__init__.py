"""Machine-checked proofs, one module a lemma or theorem; installed as ``slt_theory.proofs``.

Examples
--------
>>> from slt_theory import proofs
>>> proofs.run(["expectation-identity"])[0].level
'symbolic'
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from slt_theory.errors import BadInput, Stopped

from .kit import Proof, ProofResult, combined

__all__ = ["IDS", "Proof", "ProofResult", "all_proofs", "get", "level_of", "run", "unsafe_variants"]

IDS: tuple[str, ...] = (
    "expectation-identity",
    "growth-at-most-double",
    "lemma-r",
    "dynamic-program",
    "circle-sums",
    "scaling-rule",
    "mixture-rule",
    "extension-rule",
    "uniform-components",
    "kakeya-sweep",
    "smoothed-density",
    "base-interval",
    "tilted-density",
    "softmax-lemma",
    "relu-gadgets",
    "error-recursion-dense",
    "error-recursion-biased",
    "young-convolution",
    "counting-bound",
    "sign-floor",
    "reach-floor",
    "packing-bound",
    "golden-ratio",
    "partition-subset-sum",
    "tail-bounds",
    "frozen-lemma",
    "sparse-source",
    "sum-bounded-constants",
    "fixed-size-second-moment",
    "piecewise-linear-error",
    "attention-errors",
    "width-composition",
    "gap-frozen-hypothesis",
    "gap-random-mask-factor",
    "gap-fixed-size-amplification",
    "gap-quantised-products",
    "gap-attention-exponent",
)
"""Every proof; the module of ``lemma-r`` is ``lemma_r``."""


def _module(name: str) -> Any:
    if name not in IDS:
        raise BadInput("id", name, "is no proof", f"one of {', '.join(IDS)}")
    return importlib.import_module("." + name.replace("-", "_"), __name__)


@cache
def get(name: str) -> Proof:
    """The proof with this id.

    Raises
    ------
    BadInput
        If there is none.
    """
    proof: Proof = _module(name).build()
    return proof


def all_proofs() -> tuple[Proof, ...]:
    """Every proof, in the order of `IDS`."""
    return tuple(get(name) for name in IDS)


@cache
def level_of(name: str) -> str:
    """Level that the steps of a proof, and of all it rests on, allow if every check holds.

    Cost: nothing is checked; `run` checks.
    """
    proof = get(name)
    return combined([proof.own_level, *(level_of(other) for other in proof.rests_on)])


def unsafe_variants(name: str) -> tuple[Proof, ...]:
    """The proof with a constant moved in the unsafe direction: each of these must fail."""
    module = _module(name)
    return tuple(module.build(**change) for change in module.UNSAFE)


def run(
    ids: Iterable[str] | None = None, progress: Callable[[int], None] | None = None
) -> list[ProofResult]:
    """Check proofs, and first the proofs they rest on: no level is above one of those.

    Parameters
    ----------
    ids : iterable of str, optional
        All without it.
    progress : callable, optional
        Called with 1 for each finished proof.

    Returns
    -------
    list of ProofResult
        Cost: the whole list takes under three minutes on one core.
    """
    known: dict[str, ProofResult] = {}

    def result(name: str) -> ProofResult:
        if name not in known:
            proof = get(name)
            known[name] = proof.run([result(other).level for other in proof.rests_on])
        return known[name]

    results: list[ProofResult] = []
    try:
        for name in IDS if ids is None else ids:
            results.append(result(name))
            if progress is not None:
                progress(1)
    except KeyboardInterrupt as cause:
        raise Stopped(cause, results or None) from None
    return results
