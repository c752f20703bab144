"""Which theorem builds what, and with which parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.networks import Network
from slt_theory.networks.activations import KINDS_OF_ACTIVATION
from slt_theory.networks.steps import Activate
from slt_theory.tickets.bends import KINDS
from slt_theory.tickets.building import (
    depth,
    direct,
    doubling,
    golden,
    pensia,
    perturbed,
    quantised,
    redrawn,
    structured,
    unary,
)
from slt_theory.tickets.building import parameters as read
from slt_theory.tickets.building.activated import adapted, in_gadget
from slt_theory.tickets.building.options import REQUEST_OPTIONS, check_names
from slt_theory.tickets.building.parameters import Parameters
from slt_theory.tickets.building.request import Request, parse_request
from slt_theory.tickets.ticket import Ticket

__all__ = ["CONSTRUCTIONS", "Construction", "find"]


@dataclass(frozen=True)
class Construction:
    """A way of building tickets.

    Attributes
    ----------
    theorem : str
        Catalogue id of the statement that it realises.
    parameters : tuple of str
        What it takes besides the arguments of `slt_theory.tickets.building.request.parse_request`.
    run : callable
        ``run(request, parameters) -> Ticket`` without certificate.
    n : callable
        ``n(request, parameters) -> int``: how much of `scarce` would do, with an estimated chance
        of 99 %.
    reach : float or None
        Weights beyond [-reach, reach] are met by a power of two; None: never.
    scarce : str
        The parameter of which more makes an incomplete ticket complete.
    typical : tuple of dict
        Options with which a comparison builds it.
    activations : tuple of str
        Kinds of activation that the target may have.
    dimensions : tuple of int
        The theorem is about networks that have weights of so many dimensions: 2 linear, 3
        equivariant, 4 convolution.
    """

    theorem: str
    parameters: tuple[str, ...]
    run: Callable[[Request, Parameters], Ticket]
    n: Callable[[Request, Parameters], int]
    reach: float | None = 1.0
    scarce: str = "n"
    typical: tuple[dict[str, Any], ...] = ({},)
    activations: tuple[str, ...] = ("relu", "identity")
    dimensions: tuple[int, ...] = (2, 3, 4)

    def fits(self, target: Network) -> bool:
        """Whether the theorem is about such layers: the target has one of its kinds."""
        return any(weight.ndim in self.dimensions for weight in target.weights)

    def request(self, target: Network, options: dict[str, Any]) -> tuple[Request, Parameters]:
        """Split arguments into those of the request and those of this construction.

        Raises
        ------
        BadInput
            For a parameter that this construction does not take, or a target that its theorem does
            not cover.
        """
        known = {name for c in CONSTRUCTIONS.values() for name in c.parameters}
        parameters = {k: v for k, v in options.items() if k in known and v is not None}
        for name, value in parameters.items():
            if name not in self.parameters and value is not False:
                takers = [c.theorem for c in CONSTRUCTIONS.values() if name in c.parameters]
                shown = float(value) if isinstance(value, Fraction) else value
                raise BadInput(
                    name, shown, f"is no parameter of {self.theorem}", f"of: {', '.join(takers)}"
                )
        rest = {k: v for k, v in options.items() if k not in known}
        check_names(rest, (*REQUEST_OPTIONS, *self.parameters), self.theorem)
        if self.theorem in (direct.THEOREM, direct.CNN_THEOREM):
            rest["largest_n"] = direct.LARGEST_N
        request = parse_request(target, reach=self.reach, **rest)
        self._check_activations(target)
        if not self.fits(target):
            kind = {3: "an equivariant layer", 4: "a convolution"}[self.dimensions[0]]
            raise BadInput("theorem", self.theorem, f"is about networks with {kind}")
        return request, parameters

    def _check_activations(self, target: Network) -> None:
        """Refuse a target beyond the theorem's assumption, and name the theorems that cover it."""
        for step in target.steps:
            if not isinstance(step, Activate) or step.activation.kind in self.activations:
                continue
            kind = step.activation.kind
            others = [c.theorem for c in CONSTRUCTIONS.values() if kind in c.activations]
            raise BadInput(
                "target",
                f"a network with {step.activation.name}",
                f"{self.theorem} assumes an activation of {', '.join(self.activations)}",
                f"covered by: {', '.join(others)}" if others else "no construction here covers it",
            )


def _burkholz(request: Request, parameters: Parameters) -> Ticket:
    asked, shrink = in_gadget(request)
    ticket = depth.build(asked, "burkholz2022-depth", read.plain(parameters))
    return adapted(ticket, request, shrink)


def _depth(
    theorem: str,
    names: tuple[str, ...],
    source: Callable[[Parameters], depth.RandomSource],
    typical: dict[str, Any],
    dimensions: tuple[int, ...] = (2, 3, 4),
) -> Construction:
    return Construction(
        theorem,
        names,
        lambda request, p: depth.build(request, theorem, source(p)),
        lambda request, p: depth.sufficient_n(request, source(p))[1],
        typical=({"signs": "needed", **typical},),
        dimensions=dimensions,
    )


def _two_layer(theorem: str, dimensions: tuple[int, ...]) -> Construction:
    """Gadget pairs with the halves that the signs of their inputs leave."""
    return Construction(
        theorem,
        (),
        lambda request, _: pensia.build(request.needed(), theorem),
        lambda request, _: pensia.sufficient_n(request.needed()),
        dimensions=dimensions,
    )


def _fixed_size(request: Request, parameters: Parameters) -> Ticket:
    """k / n = 1/20 unless n is given: n counts dead neurons, which a sum's size does not."""
    size = read.size(parameters)
    sized = request.with_n(request.n or request.stretched(20 * size))
    if size > (sized.n or 0):
        raise BadInput("size", size, f"must not exceed n = {sized.n}")
    return pensia.build(sized, "natale2024-network", size=size)


def _malach_n(request: Request, _: Parameters) -> int:
    return pensia.sufficient_n_of_singles(request)


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
            typical=({}, {"signs": "needed"}),
        ),
        Construction(
            "pensia2020-direct",
            ("shared",),
            lambda request, p: direct.build(request, shared=read.shared(p)),
            lambda request, _: direct.sufficient_n(request),
            reach=None,
            # Its sums are the weights: whatever comes between layers is the target's own.
            activations=KINDS_OF_ACTIVATION,
        ),
        Construction(
            direct.CNN_THEOREM,
            (),
            lambda request, _: direct.build(request, direct.CNN_THEOREM),
            lambda request, _: direct.sufficient_n(request, direct.CNN_THEOREM),
            reach=None,
            dimensions=(4,),
        ),
        _two_layer("dacunha2022-cnn", (4,)),
        _two_layer("ferbach2023-equivariant", (3,)),
        Construction(
            structured.THEOREM,
            (),
            lambda request, _: structured.build(request.needed()),
            lambda request, _: structured.sufficient_n(request.needed()),
            dimensions=(4,),
        ),
        # A product of two numbers is hardly ever near 1.
        Construction("malach2020-weights", (), _malach, _malach_n, reach=0.5),
        Construction(
            "fischer2021-biases",
            ("law",),
            lambda request, p: pensia.build(request, "fischer2021-biases", law=read.law(p)),
            lambda request, p: pensia.sufficient_n(request, read.law(p)),
            typical=({"law": "normal"},),
        ),
        Construction(
            "burkholz2022-depth",
            (),
            _burkholz,
            lambda request, p: depth.sufficient_n(in_gadget(request)[0], read.plain(p))[1],
            typical=({"signs": "needed"},),
            activations=("relu", "identity", *KINDS),
        ),
        _depth("burkholz2022b-conv-residual", (), read.plain, {}, (4,)),
        _depth("gadhikar2023-network", ("density",), read.sparse, {"density": 0.5}),
        _depth(
            "otsuka2024-frozen-network",
            ("prune", "lock", "budget"),
            read.frozen,
            {"prune": 0.25, "lock": 0.25},
        ),
        Construction(
            "natale2024-network",
            ("size",),
            _fixed_size,
            lambda _, p: 20 * read.size(p),
            typical=({"size": 8, "signs": "needed"},),
        ),
        Construction(
            golden.THEOREM,
            ("shared",),
            lambda request, p: golden.build(request, shared=read.shared(p)),
            lambda request, p: golden.pool_size(request, shared=read.shared(p)),
            typical=({}, {"shared": True}),
        ),
        Construction(
            unary.THEOREM,
            (),
            lambda request, _: unary.build(request),
            lambda request, _: unary.signs_needed(request),
        ),
        Construction(
            doubling.THEOREM,
            (),
            lambda request, _: doubling.build(request),
            lambda request, _: doubling.sufficient_n(request),
        ),
        Construction(
            perturbed.THEOREM,
            ("move",),
            lambda request, p: perturbed.build(request, read.move(request, p)),
            lambda request, p: perturbed.sufficient_n(request, read.move(request, p)),
        ),
        Construction(
            redrawn.THEOREM,
            ("redraws",),
            lambda request, p: redrawn.build(request, read.redraws(p)),
            lambda request, _: redrawn.redraws_needed(request),
            scarce="redraws",
        ),
        Construction(
            quantised.THEOREM,
            ("resolution",),
            lambda request, p: quantised.build(request, p.get("resolution")),
            lambda request, p: quantised.sufficient_n(request, p.get("resolution")),
        ),
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
