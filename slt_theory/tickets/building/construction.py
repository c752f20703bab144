"""Constructions: the theorem that promises a ticket, its options, and how it is built.

A paper's module defines a frozen dataclass whose fields are the options (`options`), whose
docstring states the theorem, and whose methods import what they need when they run: listing the
papers loads no builder.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import Field, dataclass, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from slt_theory.errors import BadInput
from slt_theory.tickets.building.options import Option

if TYPE_CHECKING:
    from slt_theory.laws import Law
    from slt_theory.networks import Network, Target
    from slt_theory.tickets.building.request import BuildSettings, Request
    from slt_theory.tickets.keeping import Keeping
    from slt_theory.tickets.ticket import Ticket

__all__ = ["Construction", "OfNetworks", "constructions", "find"]

_KINDS = {3: "an equivariant layer", 4: "a convolution"}


@dataclass(frozen=True)
class Construction(ABC):
    """Way of building tickets by one theorem.

    Attributes
    ----------
    theorem : str
        Catalogue id of the statement that it realises.
    scarce : str
        Option of which more makes an incomplete ticket complete.
    typical : tuple of dict
        Options of `slt_theory.build_ticket` with which a comparison builds it.
    domain : str
        Inputs for which errors are certified, if nothing else is asked.
    """

    theorem: ClassVar[str]
    scarce: ClassVar[str] = "n"
    typical: ClassVar[tuple[dict[str, Any], ...]] = ({},)
    domain: ClassVar[str] = "box:0,1"

    def __post_init__(self) -> None:
        for name, option in self.options().items():
            option.check(name, getattr(self, name))

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Options by name."""
        described: tuple[Field[Any], ...] = fields(cls)
        return {one.name: one.metadata["option"] for one in described}

    @abstractmethod
    def ticket(self, target: Any, settings: BuildSettings, keeping: Keeping) -> Ticket:
        """Build the ticket of a target, its certificate still empty.

        Raises
        ------
        BadInput
            For a target that the theorem does not cover, or a setting out of range.
        NeedsMemory
            If the masks would not fit; nothing is allocated.
        """

    @abstractmethod
    def sufficient(self, target: Any, settings: BuildSettings) -> int:
        """Return how much of `scarce` would do, with an estimated chance of 99 %."""


@dataclass(frozen=True)
class OfNetworks(Construction):
    """Construction whose targets are networks.

    Attributes
    ----------
    reach : float or None
        Weights beyond [-reach, reach] are met by a power of two; None: never.
    largest_n : int
        Most candidates that a sum can have.
    activations : tuple of str or None
        Kinds of activation that the target may have; None: any.
    dimensions : tuple of int
        The theorem is about networks that have weights of so many dimensions: 2 linear, 3
        equivariant, 4 convolution.
    """

    reach: ClassVar[float | None] = 1.0
    largest_n: ClassVar[int] = 4096
    activations: ClassVar[tuple[str, ...] | None] = ("relu", "identity")
    dimensions: ClassVar[tuple[int, ...]] = (2, 3, 4)

    def pair_law(self) -> Law | None:
        """Return the law of all weights where each layer becomes a gadget pair by itself.

        Only such tickets are built of layers of a module, one by one; None for all others.
        """
        return None

    @abstractmethod
    def plan(self, request: Request) -> int:
        """Return how much of `scarce` would do for a request, with an estimated chance of 99 %."""

    @abstractmethod
    def build(self, request: Request) -> Ticket:
        """Build the ticket of a request; sums that no subset reaches are listed in it."""

    def ticket(self, target: Any, settings: BuildSettings, keeping: Keeping) -> Ticket:
        """Build with the n that was asked for, or with an estimate that grows until it does."""
        from slt_theory.tickets.building.attempts import with_growing_n

        return with_growing_n(self.build, self.request(target, settings), keeping)

    def sufficient(self, target: Any, settings: BuildSettings) -> int:
        """Return how much of `scarce` would do, with an estimated chance of 99 %."""
        return self.plan(self.request(target, settings))

    def covers(self, target: Network) -> bool:
        """Tell whether the theorem is about such layers: the target has one of its kinds."""
        return any(weight.ndim in self.dimensions for weight in target.weights)

    def request(self, target: Target, settings: BuildSettings) -> Request:
        """Check the settings, and that the theorem covers the target.

        Raises
        ------
        BadInput
            Names the setting, or the part of the target and the theorems that cover it.
        """
        from slt_theory.networks import Network
        from slt_theory.tickets.building.request import parse_request

        if not isinstance(target, Network):
            others = [c.theorem for c in constructions().values() if not issubclass(c, OfNetworks)]
            raise BadInput(
                "theorem",
                self.theorem,
                f"is about networks, the target is of type {type(target).__name__}",
                f"others: {', '.join(others)}",
            )
        if settings.solver is not None and (self.pair_law() is None or settings.objective != "eps"):
            raise BadInput(
                "solver",
                repr(settings.solver),
                "takes gadget pairs one by one, and any subset within eps",
                "leave it out",
            )
        request = parse_request(
            target, settings, reach=self.reach, largest_n=self.largest_n, domain=self.domain
        )
        self._check_activations(request.target)
        if not self.covers(request.target):
            kind = _KINDS[self.dimensions[0]]
            raise BadInput("theorem", self.theorem, f"is about networks with {kind}")
        return request

    def _check_activations(self, target: Network) -> None:
        """Refuse a target beyond the theorem's assumption, and name the theorems that cover it."""
        from slt_theory.networks.steps import Activate

        if self.activations is None:
            return
        for step in target.steps:
            if not isinstance(step, Activate) or step.activation.kind in self.activations:
                continue
            kind = step.activation.kind
            others = [
                c.theorem
                for c in constructions().values()
                if issubclass(c, OfNetworks) and kind in (c.activations or (kind,))
            ]
            raise BadInput(
                "target",
                f"a network with {step.activation.name}",
                f"{self.theorem} assumes an activation of {', '.join(self.activations)}",
                f"covered by: {', '.join(others)}" if others else "no construction here covers it",
            )


def constructions() -> dict[str, type[Construction]]:
    """Every construction by the id of its theorem, in the catalogue's order."""
    listed: dict[str, type[Construction]] = import_module("slt_theory.papers").all_constructions()
    return listed


def find(theorem: str | None) -> type[Construction]:
    """Return the construction of a theorem, or the default one for None.

    Raises
    ------
    BadInput
        If there is none; names those that there are.
    """
    known = constructions()
    if theorem is None:
        return known[import_module("slt_theory.papers").DEFAULT]
    if theorem not in known:
        raise BadInput("theorem", theorem, "has no construction", f"known: {', '.join(known)}")
    return known[theorem]
