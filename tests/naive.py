"""Slow, obvious references: Python integers, all subsets, no tricks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, product


def all_sums(items: Sequence[int]) -> list[int]:
    """The sum of every subset, one entry a subset, by mask."""
    return [
        sum(int(x) for x, b in zip(items, bits, strict=True) if b) for bits in _bits(len(items))
    ]


def _bits(n: int) -> Iterable[tuple[int, ...]]:
    return (bits[::-1] for bits in product((0, 1), repeat=n))


def all_sums_of_size(items: Sequence[int], size: int) -> list[int]:
    sums = all_sums(items)
    return [s for s, bits in zip(sums, _bits(len(items)), strict=True) if sum(bits) == size]


def least_error(items: Sequence[int], target: int) -> int:
    return min(abs(s - target) for s in all_sums(items))


def covered(sums: Iterable[int], width: int, left: int, right: int) -> bool:
    """Do steps of at most `width` lead from a sum <= left to a sum >= right?"""
    ordered = sorted(set(sums))
    for k, start in enumerate(ordered):
        if start > left:
            break
        at = start
        if at >= right:
            return True
        for s in ordered[k + 1 :]:
            if s - at > width:
                break
            at = s
            if at >= right:
                return True
    return False


def hitting_time(items: Sequence[int], width: int, left: int, right: int) -> int:
    for t in range(len(items) + 1):
        if covered(all_sums(items[:t]), width, left, right):
            return t
    return -1


def smallest_width(sums: Iterable[int], width: int, left: int, right: int) -> int | None:
    """The smallest width from `width` on that covers, by trying; None if none does."""
    ordered = sorted(set(sums))
    if ordered[0] > left or ordered[-1] < right:
        return None
    while not covered(ordered, width, left, right):
        width += 1
    return width


def farthest_target(sums: Iterable[int], first: int, last: int) -> int:
    """Twice the largest distance of a target in [first/2, last/2] from the sums."""
    points = {first, last}
    ordered = sorted({2 * s for s in sums})
    points |= {(a + b) // 2 for a, b in pairwise(ordered)}
    inside = [z for z in points if first <= z <= last]
    return max(min(abs(z - s) for s in ordered) for z in inside)


def sum_of_mask(items: Sequence[int], mask: int) -> int:
    return sum(int(x) for k, x in enumerate(items) if mask >> k & 1)


def sums_by_doubling(items: Sequence[int]) -> list[int]:
    """`all_sums` in another way, fast enough for a thousand sums."""
    sums = [0]
    for x in items:
        sums += [s + x for s in sums]
    return sums


def hitting_time_of_size(items: Sequence[int], size: int, width: int, left: int, right: int) -> int:
    for t in range(len(items) + 1):
        if covered(all_sums_of_size(items[:t], size), width, left, right):
            return t
    return -1


def least_vector_error(items: Sequence[Sequence[int]], target: Sequence[int]) -> int:
    """Least sup-norm distance of a subset sum of vectors from `target`."""
    columns = [all_sums([v[c] for v in items]) for c in range(len(target))]
    return min(
        max(abs(s - z) for s, z in zip(sums, target, strict=True))
        for sums in zip(*columns, strict=True)
    )


def plane_covered(
    points: Iterable[tuple[int, int]], radius: int, lo: Sequence[int], hi: Sequence[int]
) -> bool:
    """Is every integer target of the rectangle within `radius` of a point, in both coordinates?"""
    near = list(points)
    return all(
        any(abs(x - a) <= radius and abs(y - b) <= radius for a, b in near)
        for x in range(lo[0], hi[0] + 1)
        for y in range(lo[1], hi[1] + 1)
    )
