"""Which theorem builds what, and with which parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS, to_fraction
from slt_theory.laws import Law, Masked, Normal, Uniform
from slt_theory.networks import Dense
from slt_theory.tickets import depth, direct, pensia
from slt_theory.tickets.frozen import freezing
from slt_theory.tickets.request import Request, parse_request
from slt_theory.tickets.ticket import Ticket

__all__ = ["CONSTRUCTIONS", "Construction", "find"]

Parameters = dict[str, Any]

_LAWS = {"uniform": Uniform(bits=WEIGHT_BITS), "normal": Normal(WEIGHT_BITS)}


@dataclass(frozen=True)
class Construction:
    """A way of building tickets.

    Attributes
    ----------
    theorem : str
        Catalogue id of the statement that it realises.
    parameters : tuple of str
        What it takes besides the arguments of `slt_theory.tickets.request.parse_request`.
    run : callable
        ``run(request, parameters) -> Ticket`` without certificate.
    n : callable
        ``n(request, parameters) -> int``: what would do, with an estimated chance of 99 %.
    rescale : bool
        Whether weights beyond [-1, 1] are met by a power of two.
    """

    theorem: str
    parameters: tuple[str, ...]
    run: Callable[[Request, Parameters], Ticket]
    n: Callable[[Request, Parameters], int]
    rescale: bool = True

    def request(self, target: Dense, options: dict[str, Any]) -> tuple[Request, Parameters]:
        """Split arguments into those of the request and those of this construction.

        Raises
        ------
        BadInput
            For a parameter that this construction does not take.
        """
        parameters = {k: v for k, v in options.items() if k in _KNOWN and v is not None}
        for name, value in parameters.items():
            if name not in self.parameters and value:
                takers = [c.theorem for c in CONSTRUCTIONS.values() if name in c.parameters]
                raise BadInput(
                    name, value, f"is no parameter of {self.theorem}", f"of: {', '.join(takers)}"
                )
        rest = {k: v for k, v in options.items() if k not in _KNOWN}
        if self.theorem == direct.THEOREM:
            rest["largest_n"] = direct.LARGEST_N
        return parse_request(target, rescale=self.rescale, **rest), parameters


_KNOWN = ("shared", "law", "density", "prune", "lock", "size")


def _law(parameters: Parameters) -> Law:
    name = parameters.get("law", "uniform")
    if name not in _LAWS:
        raise BadInput("law", name, "must be uniform or normal")
    return _LAWS[name]


def _sparse(parameters: Parameters) -> depth.Source:
    density = to_fraction("density", parameters.get("density", 0.5))
    if not 0 < density <= 1:
        raise BadInput("density", float(density), "must lie in (0, 1]")
    return depth.Source(Masked(Uniform(bits=WEIGHT_BITS), density))


def _frozen(parameters: Parameters) -> depth.Source:
    frozen = freezing(parameters.get("prune", 0), parameters.get("lock", 0))
    return depth.Source(Uniform(bits=WEIGHT_BITS), frozen)


def _plain(_: Parameters) -> depth.Source:
    return depth.Source(Uniform(bits=WEIGHT_BITS))


def _depth(
    theorem: str, names: tuple[str, ...], source: Callable[[Parameters], depth.Source]
) -> Construction:
    return Construction(
        theorem,
        names,
        lambda request, p: depth.build(request, theorem, source(p)),
        lambda request, p: depth.sufficient_n(request, source(p))[1],
    )


def _size(parameters: Parameters) -> int:
    size = parameters.get("size", 8)
    if not isinstance(size, int) or size < 1:
        raise BadInput("size", size, "must be a whole number >= 1")
    return size


def _fixed_size(request: Request, parameters: Parameters) -> Ticket:
    """k / n = 1/20 unless n is given: n counts dead neurons, which a sum's size does not."""
    size = _size(parameters)
    sized = request.with_n(request.n or request.stretched(20 * size))
    if size > (sized.n or 0):
        raise BadInput("size", size, f"must not exceed n = {sized.n}")
    return pensia.build(sized, "natale2024-network", size=size)


def _malach_n(request: Request, _: Parameters) -> int:
    return pensia.sufficient_n(request, size=1)


def _malach(request: Request, parameters: Parameters) -> Ticket:
    sized = request.with_n(request.n or request.stretched(_malach_n(request, parameters)))
    return pensia.build(sized, "malach2020-weights", size=1)


CONSTRUCTIONS: dict[str, Construction] = {
    c.theorem: c
    for c in (
        Construction(
            "pensia2020-two-layer",
            (),
            lambda request, _: pensia.build(request),
            lambda request, _: pensia.sufficient_n(request),
        ),
        Construction(
            "pensia2020-direct",
            ("shared",),
            lambda request, p: direct.build(request, shared=bool(p.get("shared", False))),
            lambda request, _: direct.sufficient_n(request),
            rescale=False,
        ),
        Construction("malach2020-weights", (), _malach, _malach_n),
        Construction(
            "fischer2021-biases",
            ("law",),
            lambda request, p: pensia.build(request, "fischer2021-biases", law=_law(p)),
            lambda request, p: pensia.sufficient_n(request, _law(p)),
        ),
        _depth("burkholz2022-depth", (), _plain),
        _depth("gadhikar2023-network", ("density",), _sparse),
        _depth("otsuka2024-frozen-network", ("prune", "lock"), _frozen),
        Construction("natale2024-network", ("size",), _fixed_size, lambda _, p: 20 * _size(p)),
    )
}
"""Every construction by the id of its theorem."""


def find(theorem: str) -> Construction:
    """The construction of a theorem.

    Raises
    ------
    BadInput
        If there is none; names those that there are.
    """
    if theorem not in CONSTRUCTIONS:
        raise BadInput(
            "theorem", theorem, "has no construction", f"known: {', '.join(CONSTRUCTIONS)}"
        )
    return CONSTRUCTIONS[theorem]
