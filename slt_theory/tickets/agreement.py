"""A ticket on data: its own outputs, from the file alone, beside the target's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.networks import Network
from slt_theory.records import Record
from slt_theory.tickets.run import ticket_forward
from slt_theory.tickets.ticket import Ticket

__all__ = ["Sample", "SampleCounts", "agreement"]


class Sample(Protocol):
    """Labelled inputs, e.g. `slt_theory.data.Labelled`."""

    @property
    def inputs(self) -> NDArray[np.float64]:
        """float64 array (examples, ...)."""

    def correct(self, outputs: NDArray[Any]) -> int:
        """Count the rows of (examples, classes) that are largest at the label."""


@dataclass(frozen=True)
class SampleCounts(Record):
    """Counts over a sample.

    Attributes
    ----------
    inputs : int
    target_correct, ticket_correct : int
        Inputs that each classifies as labelled.
    agree : int
        Inputs on which both name the same class.
    largest_difference : float
        Largest sup-norm difference of the outputs, in float64.
    """

    inputs: int
    target_correct: int
    ticket_correct: int
    agree: int
    largest_difference: float

    @property
    def accuracy(self) -> float:
        """Of the ticket."""
        return self.ticket_correct / self.inputs


def agreement(ticket: Ticket, target: Network, sample: Sample) -> SampleCounts:
    """Run ticket and target on a sample; nothing of the target enters the ticket's outputs.

    Raises
    ------
    BadInput
        If the inputs are not the target's.
    """
    size = int(sample.inputs.shape[1])
    if size != target.size_in:
        raise BadInput(
            "data", f"{size} numbers an input", f"the target takes {target.size_in}", "name others"
        )
    ours = ticket_forward(ticket, sample.inputs)
    theirs = target.run(sample.inputs)[-1]
    ours = ours.reshape(theirs.shape)
    return SampleCounts(
        len(ours),
        sample.correct(theirs),
        sample.correct(ours),
        int((ours.argmax(axis=1) == theirs.argmax(axis=1)).sum()),
        float(np.abs(ours - theirs).max()),
    )
