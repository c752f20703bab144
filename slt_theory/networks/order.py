"""The order of the layers of a file that has none.

safetensors sorts its tensors by type and name, so that fc10 comes before fc2. The order is
recovered where it is forced: convolutions come first, layers whose names differ only in numbers
(fc1, fc2, fc10) come in the order of the numbers, and shapes must chain. If exactly one order
is left, it is the network's; otherwise the file is refused rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from slt_theory.errors import BadInput

__all__ = ["forced_order"]

Shape = tuple[int, ...]
Families = tuple[tuple[str, ...], ...]

#: Beyond these the search could take long.
MOST_FAMILIES = 10
MOST_LAYERS = 200


def forced_order(shapes: Mapping[str, Shape]) -> list[str]:
    """Names of the layers in the only order that is possible.

    Parameters
    ----------
    shapes : mapping from a layer's name to the shape of its weight

    Raises
    ------
    BadInput
        No order chains, or more than one does.
    """
    families: dict[tuple[int, str], list[str]] = {}
    for name in shapes:
        family = (-len(shapes[name]), re.sub(r"\d+", "#", name))
        families.setdefault(family, []).append(name)
    queues = tuple(tuple(sorted(families[key], key=_numbers)) for key in sorted(families))
    if len(queues) == 1:
        return list(queues[0])
    too_many = len(queues) > MOST_FAMILIES or len(shapes) > MOST_LAYERS
    orders = [] if too_many else _orders(queues, shapes)
    if len(orders) != 1:
        reason = "can be ordered in several ways" if orders else "do not chain in any order"
        raise BadInput(
            "layers",
            ", ".join(shapes),
            "have too many names to order" if too_many else reason,
            'save as .npz, or put the order into the metadata: {"order": "first,second"}',
        )
    return orders[0]


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", name))


def _orders(queues: Families, shapes: Mapping[str, Shape]) -> list[list[str]]:
    """At most two of the ways to merge the queues so that every layer fits the one before."""
    dead: set[tuple[Families, str]] = set()

    def extend(rest: Families, last: str) -> list[list[str]]:
        if not any(rest):
            return [[]]
        if (rest, last) in dead:
            return []
        found: list[list[str]] = []
        for i, queue in enumerate(rest):
            if queue and (not last or _fits(shapes[last], shapes[queue[0]])):
                shorter = (*rest[:i], queue[1:], *rest[i + 1 :])
                found.extend([queue[0], *tail] for tail in extend(shorter, queue[0]))
                if len(found) > 1:
                    return found[:2]
        if not found:
            dead.add((rest, last))
        return found

    return extend(queues, "")


def _fits(before: Shape, after: Shape) -> bool:
    if len(before) < len(after):
        return False
    if len(before) > len(after):
        return after[1] % before[0] == 0
    return after[1] == before[0]
