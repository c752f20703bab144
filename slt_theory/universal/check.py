"""The independent check of a universal ticket: from seed, masks and family alone.

It regenerates the weights, recomputes every sum in integers, and bounds the sup error of every
function over the whole domain. It knows nothing of how masks were found: any masked network of the
stated shape is judged by the function that it computes.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS
from slt_theory.room import check_room
from slt_theory.tickets.checking.claims import (
    claimed,
    read_claims,
    round_down,
    round_up,
    too_good,
    unknown_claims,
)
from slt_theory.tickets.checking.effective import Effective, MalformedTicket, effective_block
from slt_theory.tickets.memory import allowed_bytes, check_memory
from slt_theory.tickets.ticket import Ticket
from slt_theory.universal.balls import ball, up
from slt_theory.universal.certify import Cells, cells, chain_errors, deviation, sup_error
from slt_theory.universal.family import Family, Monomials, interval, parse_family
from slt_theory.universal.functions import decay, negative_log
from slt_theory.universal.piecewise import PiecewiseLinear, hinge_output
from slt_theory.universal.rules import header_failures

__all__ = [
    "FunctionCheck",
    "UniversalCheck",
    "certify",
    "deviations",
    "family_of",
    "largest_sum",
    "log_cells",
    "verify",
]

_EACH, _LEAST = 1 << 15, 1e-8
_HINGE = 24 << 10
"""Bytes that the balls of one piece take, at 24 cells a piece."""


@dataclass(frozen=True)
class FunctionCheck:
    """One function: certified upper bound of the sup error, a value that is reached, kinks.

    ``sup_error_found`` is None for monomials of several variables, which are only bounded.
    """

    name: str
    sup_error_bound: float
    sup_error_found: float | None
    kinks: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "sup_error_bound": self.sup_error_bound,
            "sup_error_found": self.sup_error_found,
            "kinks": self.kinks,
        }


@dataclass(frozen=True)
class UniversalCheck:
    """Result of the check of one ticket.

    Attributes
    ----------
    ok : bool
        Well-formed, every function within the ticket's eps, and no claim of the file too good.
    functions : tuple of FunctionCheck
    failures : tuple of str
    """

    ok: bool
    functions: tuple[FunctionCheck, ...]
    failures: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "ok": self.ok,
            "functions": [f.to_dict() for f in self.functions],
            "failures": list(self.failures),
        }


def family_of(ticket: Ticket) -> Family | Monomials:
    """The family that a ticket file names.

    Raises
    ------
    BadInput
        If it is one of a user's own, which has to be given.
    """
    name = ticket.certificate.get("family")
    if not isinstance(name, str):
        raise BadInput("ticket", str(name), "names no family", "give --family")
    try:
        return parse_family(name)
    except BadInput:
        raise BadInput("ticket", name, "is not a family known by name", "give --family") from None


def verify(
    ticket: Ticket, family: Family | Monomials, *, max_memory: int | None = None
) -> UniversalCheck:
    """Check a ticket against its family; seconds for hundreds of kinks.

    Parameters
    ----------
    ticket : Ticket
    family : Family or Monomials
    max_memory : int, optional
        Bytes that the check may take for the ticket's weights; default: 32 KiB a function over
        the square root of eps, at least 64 MiB, if that is free.

    Raises
    ------
    NeedsMemory
        If it would take more; nothing is allocated.
    KernelMismatch
        If compiled code does not do here what its reference does.
    """
    eps = ticket.network_eps
    inside = eps is not None and _LEAST <= eps <= 1
    expected = int(_EACH * len(family.names) / math.sqrt(eps)) if inside and eps else 0
    return _check(ticket, family, allowed_bytes(max_memory, expected))


def certify(ticket: Ticket, family: Family | Monomials) -> Ticket:
    """The ticket with the certificate that `verify` will confirm.

    Raises
    ------
    MalformedTicket
        If the ticket is none of this family's.
    """
    check = _check(ticket, family, None)
    if not check.functions:
        raise MalformedTicket("; ".join(check.failures))
    return ticket.with_certificate(
        {"family": family.name, "functions": [f.to_dict() for f in check.functions]}
    )


def _check(ticket: Ticket, family: Family | Monomials, allowed: int | None) -> UniversalCheck:
    """`allowed` is None for a ticket of our own: it has no claims to compare yet."""
    failures = header_failures(ticket, family)
    if failures:
        return UniversalCheck(False, (), tuple(failures))
    if allowed is not None:
        check_memory(ticket, allowed)
    try:
        blocks = [effective_block(ticket, k) for k in range(len(ticket.blocks))]
        if allowed is not None:
            _check_hinges(blocks, allowed)
        if isinstance(family, Family):
            functions = _univariate(blocks, family)
        else:
            functions = _monomials(blocks, family)
    except MalformedTicket as error:
        return UniversalCheck(False, (), (str(error),))
    eps = ticket.network_eps
    failures += [
        f"{f.name}: certified error {f.sup_error_bound:.6g} is above eps = {eps:.6g}"
        for f in functions
        if eps is None or not f.sup_error_bound <= eps
    ]
    if allowed is not None:
        failures += _claim_failures(ticket, family, functions)
    return UniversalCheck(not failures, functions, tuple(failures))


def _check_hinges(blocks: list[Effective], allowed: int) -> None:
    """No function has more hinges than may be evaluated.

    Raises
    ------
    NeedsMemory
    """
    for pair, single in itertools.pairwise(blocks):
        if single.wiring is None:
            continue
        halves = (pair.positive, pair.positive if pair.negative is None else pair.negative)
        alive = np.logical_or.reduce([(half != 0).any(axis=1) for half in halves])
        needed = _HINGE * int(((single.wiring != 0) & alive).sum(axis=1).max())
        check_room("the check of one function", needed, allowed, "raise --memory")


def _univariate(blocks: list[Effective], family: Family) -> tuple[FunctionCheck, ...]:
    result = []
    for k, function in enumerate(family.functions):
        _, line = hinge_output(blocks[0], blocks[1], k, *interval(family))
        errors = sup_error(line, function)
        result.append(
            FunctionCheck(
                function.name, round_up(errors.bound), round_down(errors.found), line.kinks
            )
        )
    return tuple(result)


def log_cells(blocks: list[Effective], inputs: int) -> list[Cells]:
    """The logarithms of all inputs, as the first two blocks compute them."""
    return [
        cells(_of_its_own(blocks[0], blocks[1], j, Fraction(1)), negative_log())
        for j in range(inputs)
    ]


def _of_its_own(pair: Effective, single: Effective, k: int, end: Fraction) -> PiecewiseLinear:
    """Output k as a function of input k."""
    seen, line = hinge_output(pair, single, k, Fraction(0), end)
    if seen != k:
        raise MalformedTicket(f"output {k} depends on input {seen}")
    return line


def deviations(
    mixing: Effective, logs: list[Cells], exponents: tuple[int, ...], m: int
) -> tuple[float, float]:
    """Bounds (below, above) of the error in the sum of logarithms of monomial m."""
    below = above = 0.0
    for j, r in enumerate(exponents):
        integer = int(mixing.positive[m, j])
        if integer < 0:
            raise MalformedTicket(f"monomial {m}: the weight of input {j} is negative")
        weight = integer * Fraction(2) ** (mixing.scale_exponent - PRODUCT_BITS)
        if weight or r:
            low, high = deviation(logs[j], weight, r)
            below, above = (math.nextafter(s, math.inf) for s in (below + low, above + high))
    return below, above


def largest_sum(exponents: tuple[int, ...], above: float) -> Fraction:
    """An upper bound of the sum of logarithms that the network forms."""
    return Fraction(up(ball(sum(exponents)) * ball(2).log())) + Fraction(above)


def _monomials(blocks: list[Effective], family: Monomials) -> tuple[FunctionCheck, ...]:
    logs = log_cells(blocks, family.inputs)
    result = []
    for m, (name, exponents) in enumerate(zip(family.names, family.exponents, strict=True)):
        below, above = deviations(blocks[2], logs, exponents, m)
        line = _of_its_own(blocks[3], blocks[4], m, largest_sum(exponents, above))
        bound = chain_errors(line, decay(), below, above)
        result.append(FunctionCheck(name, round_up(bound), None, line.kinks))
    return tuple(result)


def _claim_failures(
    ticket: Ticket, family: Family | Monomials, functions: tuple[FunctionCheck, ...]
) -> list[str]:
    """Claims of the file that are too good."""

    def judge(claims: dict[str, Any]) -> list[str]:
        failures = unknown_claims(claims, {"family": ..., "functions": ...})
        if claims["family"] != family.name:
            failures.append(f"the certificate speaks of the family {claims['family']!r}")
        for record, true in zip(claims["functions"], functions, strict=True):
            failures += [f"{true.name}: {text}" for text in _function_failures(record, true)]
        return failures

    return read_claims(ticket, judge)


def _function_failures(record: dict[str, Any], true: FunctionCheck) -> list[str]:
    failures = unknown_claims(record, true.to_dict())
    if record["name"] != true.name:
        failures.append(f"the certificate names it {record['name']!r}")
    bound = claimed(record, "sup_error_bound")
    failures += too_good("an error of at most", bound, true.sup_error_bound)
    if record["sup_error_found"] is not None:
        found = claimed(record, "sup_error_found")
        if true.sup_error_found is None or not found <= true.sup_error_bound:
            failures.append(f"claims a point with error {found:.6g}")
    if record["kinks"] != true.kinks:
        failures.append(f"claims {record['kinks']} kinks, not {true.kinks}")
    return failures
