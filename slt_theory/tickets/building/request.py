"""What a builder is asked for, with every argument checked once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, exactly_one
from slt_theory.lattice import PRODUCT_BITS, positive_fraction, whole_number
from slt_theory.laws import Law
from slt_theory.networks import Network, Target, target_hash
from slt_theory.streams import Purpose, check_seed, stream_id
from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.tickets.building.budget import weight_errors
from slt_theory.tickets.building.options import Number
from slt_theory.tickets.checking.comparison import on_lattice
from slt_theory.tickets.domain import Domain, inputs_known, parse_domain
from slt_theory.tickets.frozen import NOTHING_FROZEN, Freezing
from slt_theory.tickets.keeping import Keeping
from slt_theory.tickets.partial import MaskStore
from slt_theory.tickets.ticket import Ticket, architecture_of

__all__ = [
    "BuildSettings",
    "Layer",
    "PairSolver",
    "Request",
    "count",
    "parse_request",
    "source_layer",
    "tolerance",
]

Progress = Callable[[int], None] | None


@dataclass(frozen=True)
class Layer:
    """One target layer on the lattice of its sums.

    Attributes
    ----------
    targets : int64 array (outputs, columns)
        Weights, bias last, in units of ``2**(scale_exponent - 48)``.
    radius : int
        Sums within this of `targets` are within `eps` of the real weight.
    scale_exponent : int
        The power of two that brings the weights into [-1, 1].
    eps : Fraction
        Error per weight in the target's unit.
    inputs : int
        Channels that the layer takes, the constant one not counted.
    taps, constant_tap : int
        Rows of `targets` come in groups of taps, one an output; the bias belongs to one tap.
    """

    targets: NDArray[np.int64]
    radius: int
    scale_exponent: int
    eps: Fraction
    inputs: int
    taps: int = 1
    constant_tap: int = 0

    @property
    def outputs(self) -> int:
        """Channels that the layer gives."""
        return len(self.targets) // self.taps

    def block(self, kind: Any, layers: tuple[SourceLayer, ...], n: int, **rest: Any) -> Block:
        """The header of the block that stands for this layer; `rest` as `Block` has it."""
        return Block(
            kind=kind,
            outputs=self.outputs,
            inputs=self.inputs,
            constant_input=self.targets.shape[1] > self.inputs,
            layers=layers,
            n=n,
            eps=str(self.eps),
            scale_exponent=self.scale_exponent,
            taps=self.taps,
            constant_tap=self.constant_tap,
            **rest,
        )


def source_layer(
    rows: int, columns: int, law: Law, stream: int, freezing: Freezing = NOTHING_FROZEN
) -> SourceLayer:
    """The header of a random layer with the weights of stream number `stream`."""
    return SourceLayer(
        rows,
        columns,
        law.name,
        law.bits,
        stream_id(Purpose.WEIGHTS, stream),
        str(freezing.prune),
        str(freezing.lock),
    )


class PairSolver(Protocol):
    """Solver of all sums of one gadget pair, such as `slt_theory.torch.OnDevice`."""

    def __call__(
        self, block: Block, layer: Layer, *, seed: int, threads: int | None, progress: Progress
    ) -> tuple[tuple[NDArray[np.uint8], ...], list[tuple[int, int, str]]]:
        """Return both masks, and the sums (row, input, sign) that no subset reaches."""


@dataclass(frozen=True)
class Request:
    """A checked request for a ticket."""

    target: Network
    layers: tuple[Layer, ...]
    domain: Domain
    seed: int
    n: int | None
    objective: Literal["eps", "best"]
    signs: Literal["both", "needed"]
    network_eps: Fraction | None
    threads: int | None
    progress: Progress
    solver: PairSolver | None = None
    first_stream: int = 0
    slack: Fraction = Fraction(1)
    keeping: Keeping = field(default_factory=Keeping)

    @property
    def non_negative(self) -> tuple[bool, ...]:
        """Per layer whether its inputs are known to be >= 0."""
        return inputs_known(self.target, self.domain)

    @property
    def radius(self) -> tuple[int | None, ...]:
        """Per layer: None asks for the exact optimum of every sum."""
        return tuple(None if self.objective == "best" else layer.radius for layer in self.layers)

    def needed(self) -> Request:
        """The same request with only the halves that the signs of inputs leave."""
        return replace(self, signs="needed")

    def with_n(self, n: int) -> Request:
        """The same request with n decided."""
        return replace(self, n=n)

    def attempt(self, slack: Fraction, keeping: Keeping) -> Request:
        """The same request with every estimated n multiplied by `slack`."""
        return replace(self, slack=slack, keeping=keeping)

    def store(self, blocks: tuple[Block, ...]) -> MaskStore:
        """Store of the masks of subset sums while they are built."""
        return self.keeping.open(blocks, self.threads)

    def stretched(self, estimate: int) -> int:
        """An estimated n with the request's slack; one number at least."""
        return max(1, math.ceil(estimate * self.slack))

    def ticket(
        self,
        theorem: str,
        blocks: tuple[Block, ...],
        masks: tuple[tuple[NDArray[np.uint8], ...], ...],
        unreached: tuple[tuple[int, int, int, str], ...],
    ) -> Ticket:
        """The artefact of a construction, without its certificate."""
        return Ticket(
            theorem=theorem,
            seed=self.seed,
            target_sha256=target_hash(self.target),
            domain=str(self.domain),
            blocks=blocks,
            masks=masks,
            unreached=unreached,
            network_eps=None if self.network_eps is None else float(self.network_eps),
            norm_exponents=self.target.norm_exponents,
            architecture=architecture_of(self.target),
        )


def tolerance(eps: Fraction, exponent: int, *, exact: bool, name: str, layer: str) -> int:
    """Return the error allowed for a sum, floor(eps 2^(48 - exponent)) units.

    A target off the lattice (`exact` is False) is rounded: one unit covers it.

    Raises
    ------
    BadInput
        If not even 0 units are left.
    """
    radius = int(eps / Fraction(2) ** (exponent - PRODUCT_BITS)) - int(not exact)
    if radius < 0:
        smallest = 2.0 ** (exponent - PRODUCT_BITS)
        raise BadInput(
            name,
            float(eps) if name == "eps" else f"a weight error of {float(eps):.3g}",
            f"is below the lattice's resolution in layer {layer}",
            f"the smallest error that can be had is {smallest:.3g}",
        )
    return radius


def _layer(target: Network, index: int, eps: Fraction, *, name: str, reach: float | None) -> Layer:
    matrix = target.matrix(index)
    # In units of the reach.
    largest = 0.0 if reach is None else float(np.abs(matrix).max()) / reach
    exponent = math.frexp(largest)[1] if largest > 1 else 0
    targets, exact = on_lattice(matrix, exponent)
    radius = tolerance(eps, exponent, exact=exact, name=name, layer=str(index))
    unrolling = target.unrolling(index)
    inputs = matrix.shape[1] - (target.biases[index] is not None)
    return Layer(
        targets, radius, exponent, eps, inputs, unrolling.taps, unrolling.constant_tap or 0
    )


def count(n: Any, most: int) -> int | None:
    """Check the numbers asked for one sum, 1..most; None leaves them to an estimate."""
    if n is None:
        return None
    exact = whole_number("n", n)
    if not 1 <= exact <= most:
        raise BadInput("n", n, f"must lie in 1..{most}")
    return exact


@dataclass(frozen=True)
class BuildSettings:
    """BuildSettings that all constructions share, as given; `parse_request` checks them.

    Attributes are the parameters of `slt_theory.build_ticket` of the same names, and
    `first_stream`: a ticket of parts draws the weights of each from streams of its own.
    """

    eps: Number | None = None
    network_eps: Number | None = None
    seed: int = 0
    n: int | None = None
    objective: str = "eps"
    signs: str = "both"
    domain: str | Domain | None = None
    threads: int | None = None
    progress: Progress = None
    solver: PairSolver | None = None
    first_stream: int = 0


def _any_error(target: Network) -> list[Fraction]:
    """Per layer an error that the empty sum has, too: powers of two above all weights."""
    largest = (float(np.abs(target.matrix(k)).max(initial=0.0)) for k in range(target.depth))
    return [Fraction(2) ** max(0, math.frexp(size)[1]) for size in largest]


def parse_request(
    target: Target,
    settings: BuildSettings,
    *,
    reach: float | None = 1.0,
    largest_n: int = 4096,
    domain: str = "box:0,1",
) -> Request:
    """Check the settings that all constructions share.

    Weights beyond [-reach, reach] are met by a power of two that the ticket records; None: never.
    `domain` holds where the settings name none.

    Raises
    ------
    BadInput
        If neither or both of eps and network_eps are given, or any value is out of range.
    """
    if not isinstance(target, Network):
        raise BadInput("target", type(target).__name__, "must be a network")
    free = _check_choices(settings)
    where = parse_domain(domain if settings.domain is None else settings.domain)
    whole = None
    if free:
        each = _any_error(target)
    elif settings.eps is not None:
        each = [positive_fraction("eps", settings.eps)] * target.depth
    else:
        whole = positive_fraction("network_eps", settings.network_eps)
        each = weight_errors(target, where, whole)
    return Request(
        target=target,
        layers=tuple(
            _layer(target, k, e, name="eps" if whole is None else "network_eps", reach=reach)
            for k, e in enumerate(each)
        ),
        domain=where,
        seed=check_seed(settings.seed),
        n=count(settings.n, largest_n),
        objective="best" if settings.objective == "best" else "eps",
        signs="both" if settings.signs == "both" else "needed",
        network_eps=whole,
        threads=settings.threads,
        progress=settings.progress,
        solver=settings.solver,
        first_stream=settings.first_stream,
    )


def _check_choices(settings: BuildSettings) -> bool:
    """Refuse settings that do not go together; True if any error will do, the best sums are asked.

    The best sums need no eps, but then an n.
    """
    for name, value, allowed in (
        ("objective", settings.objective, ("eps", "best")),
        ("signs", settings.signs, ("both", "needed")),
    ):
        if value not in allowed:
            raise BadInput(name, value, f"must be one of {', '.join(allowed)}")
    if settings.objective == "best" and settings.eps is None and settings.network_eps is None:
        if settings.n is None:
            raise BadInput(
                "n",
                "missing",
                "is needed for the best sums without an eps",
                "give --n, or --eps, from which n follows",
            )
        return True
    exactly_one(eps=settings.eps, network_eps=settings.network_eps)
    return False
