"""Which theorem builds what, and with which parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS, to_fraction
from slt_theory.laws import Law, Masked, Normal, Uniform
from slt_theory.networks import Network
from slt_theory.networks.steps import Activate
from slt_theory.tickets import (
    depth,
    direct,
    doubling,
    golden,
    pensia,
    perturbed,
    quantised,
    redrawn,
    unary,
)
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
        ``n(request, parameters) -> int``: how much of `scarce` would do, with an estimated chance
        of 99 %.
    rescale : bool
        Whether weights beyond [-1, 1] are met by a power of two.
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
    rescale: bool = True
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
            if name not in self.parameters and value:
                takers = [c.theorem for c in CONSTRUCTIONS.values() if name in c.parameters]
                raise BadInput(
                    name, value, f"is no parameter of {self.theorem}", f"of: {', '.join(takers)}"
                )
        rest = {k: v for k, v in options.items() if k not in known}
        if self.theorem in (direct.THEOREM, direct.CNN_THEOREM):
            rest["largest_n"] = direct.LARGEST_N
        request = parse_request(target, rescale=self.rescale, **rest)
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
    return depth.Source(
        Uniform(bits=WEIGHT_BITS),
        parameters.get("prune", 0),
        parameters.get("lock", 0),
        parameters.get("budget", "uniform"),
    )


def _plain(_: Parameters) -> depth.Source:
    return depth.Source(Uniform(bits=WEIGHT_BITS))


def _depth(
    theorem: str,
    names: tuple[str, ...],
    source: Callable[[Parameters], depth.Source],
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


def _shared(parameters: Parameters) -> bool:
    return bool(parameters.get("shared", False))


def _move(request: Request, parameters: Parameters) -> Fraction:
    """eps_p, by default as large as the error allowed for a weight."""
    move = parameters.get("move")
    exact = (
        min(layer.eps for layer in request.layers) if move is None else to_fraction("move", move)
    )
    if not 0 < exact <= 1:
        raise BadInput("move", float(exact), "must lie in (0, 1]")
    return exact


def _redraws(parameters: Parameters) -> int | None:
    redraws = parameters.get("redraws")
    if redraws is None:
        return None
    if isinstance(redraws, bool) or not isinstance(redraws, int):
        raise BadInput("redraws", redraws, "must be a whole number")
    if not 1 <= redraws <= redrawn.MOST_REDRAWS:
        raise BadInput("redraws", redraws, f"must lie in 1..{redrawn.MOST_REDRAWS}")
    return redraws


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
            lambda request, p: direct.build(request, shared=_shared(p)),
            lambda request, _: direct.sufficient_n(request),
            rescale=False,
            # Its sums are the weights: whatever comes between layers is the target's own.
            activations=("relu", "identity", "leaky_relu", "tanh", "sigmoid"),
        ),
        Construction(
            direct.CNN_THEOREM,
            (),
            lambda request, _: direct.build(request, direct.CNN_THEOREM),
            lambda request, _: direct.sufficient_n(request, direct.CNN_THEOREM),
            rescale=False,
            dimensions=(4,),
        ),
        _two_layer("dacunha2022-cnn", (4,)),
        _two_layer("ferbach2023-equivariant", (3,)),
        Construction("malach2020-weights", (), _malach, _malach_n),
        Construction(
            "fischer2021-biases",
            ("law",),
            lambda request, p: pensia.build(request, "fischer2021-biases", law=_law(p)),
            lambda request, p: pensia.sufficient_n(request, _law(p)),
            typical=({"law": "normal"},),
        ),
        _depth("burkholz2022-depth", (), _plain, {}),
        _depth("burkholz2022b-conv-residual", (), _plain, {}, (4,)),
        _depth("gadhikar2023-network", ("density",), _sparse, {"density": 0.5}),
        _depth(
            "otsuka2024-frozen-network",
            ("prune", "lock", "budget"),
            _frozen,
            {"prune": 0.25, "lock": 0.25},
        ),
        Construction(
            "natale2024-network",
            ("size",),
            _fixed_size,
            lambda _, p: 20 * _size(p),
            typical=({"size": 8, "signs": "needed"},),
        ),
        Construction(
            golden.THEOREM,
            ("shared",),
            lambda request, p: golden.build(request, shared=_shared(p)),
            lambda request, p: golden.pool_size(request, shared=_shared(p)),
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
            lambda request, p: perturbed.build(request, _move(request, p)),
            lambda request, p: perturbed.sufficient_n(request, _move(request, p)),
        ),
        Construction(
            redrawn.THEOREM,
            ("redraws",),
            lambda request, p: redrawn.build(request, _redraws(p)),
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
