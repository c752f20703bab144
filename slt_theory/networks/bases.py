"""Bases of equivariant maps: orbits of pairs of sites under a group of permutations.

A linear map between functions on sites commutes with a permutation group if and only if its matrix
is constant on the orbits of pairs (site out, site in); the indicators of the orbits are a basis
with disjoint ones. Source: Maron et al., "Invariant and equivariant graph networks" (ICLR 2019);
the setting of Ferbach et al. (ICLR 2023), catalogue id ``ferbach2023-equivariant``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats

__all__ = ["generators", "orbit_basis", "shipped_basis"]

_MOST_PAIRS = 1 << 24


def orbit_basis(permutations: Iterable[ArrayLike]) -> Floats:
    """Indicators of the orbits of pairs: (elements, sites, sites), the orbit of (0, 0) first.

    Parameters
    ----------
    permutations : iterable of sequences
        Generators of the group: ``g[p]`` is the site to which p goes.

    Examples
    --------
    >>> orbit_basis([[1, 2, 0]]).shape
    (3, 3, 3)
    """
    moves = [np.asarray(g, dtype=np.int64) for g in permutations]
    sites = moves[0].size
    if any(sorted(g.tolist()) != list(range(sites)) for g in moves):
        raise BadInput("permutations", "a generator", f"must permute 0 .. {sites - 1}")
    if sites**2 > _MOST_PAIRS:
        raise BadInput("basis", sites, "has too many pairs of sites", "use fewer sites")
    # Every pair carries the smallest pair of its orbit that is known; generators spread it.
    label = np.arange(sites * sites)
    images = [(g[:, None] * sites + g[None, :]).ravel() for g in moves]
    while True:
        before = label.copy()
        for image in images:
            smaller = np.minimum(label, label[image])
            label = smaller.copy()
            np.minimum.at(label, image, smaller)
        label = label[label]
        if np.array_equal(label, before):
            break
    names = np.unique(label)
    basis = label[None, :] == names[:, None]
    return np.asarray(basis.reshape(-1, sites, sites).astype(np.float64))


def generators(name: str) -> list[NDArray[np.int64]]:
    """Generators of a shipped group by name, as permutations of its sites.

    ``cyclic:N`` shifts of N sites in a ring, ``shifts:HxW`` of an image with wrapped edges,
    ``permutations:N`` all permutations of N sites, ``rotations:N`` quarter turns of an N by N
    image.

    Raises
    ------
    BadInput
        For any other name.
    """
    kind, _, size = name.partition(":")
    try:
        numbers = [int(part) for part in size.split("x")]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 1 or len(numbers) != (2 if kind == "shifts" else 1):
        numbers = []
    if kind == "cyclic" and numbers:
        return [np.roll(np.arange(numbers[0]), -1)]
    if kind == "shifts" and numbers:
        grid = np.arange(numbers[0] * numbers[1]).reshape(numbers)
        return [np.roll(grid, -1, axis=axis).ravel() for axis in (0, 1)]
    if kind == "permutations" and numbers:
        swap = np.arange(numbers[0])
        if numbers[0] > 1:
            swap[:2] = (1, 0)
        return [np.roll(np.arange(numbers[0]), -1), swap]
    if kind == "rotations" and numbers:
        return [np.rot90(np.arange(numbers[0] ** 2).reshape(numbers[0], -1)).ravel()]
    raise BadInput(
        "basis", name, "is not shipped", "cyclic:N, shifts:HxW, permutations:N, rotations:N"
    )


@lru_cache(maxsize=32)
def shipped_basis(name: str) -> Floats:
    """The basis of a shipped group, (elements, sites, sites); read-only."""
    basis = orbit_basis(generators(name))
    basis.flags.writeable = False
    return basis
