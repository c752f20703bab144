"""The smallest image on which a convolutional network shows all that it can do at a site.

Let all layers be convolutions of stride 1, with activations and sums between. A number at row y of
the output depends on the rows ``y - a_u .. y + b_u`` of every value u before it, as far as the
image has them; value u has ``H + c_u`` rows if the input has H. What such a number is, as a
function of those inputs, depends only on which of these rows there are. Call y free above if
``y >= a_u`` for all u, and free below if ``y + b_u < H + c_u`` for all u. With

    A = max a_u,    B = max (b_u - c_u),

y is free above iff ``y >= A`` and free below iff ``y < H - B``. If ``H >= H' = A + B + 1``, every
row of the image of H rows is free above or below, and so is every one of H' rows. Two rows that are
free below and as far from the top see the same, and so do two that are free above and as far from
the bottom; all rows that are both see the same, and H' has one, A. Hence the numbers of both images
are the same functions, of inputs from equal sets if no pixel's range differs: a largest error over
one image is the largest over the other, and the same holds for every value between. Columns are
apart from rows, and alike.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from slt_theory.networks.arrays import Floats
from slt_theory.networks.graph import Graph
from slt_theory.networks.kinds import Convolution
from slt_theory.networks.network import Network
from slt_theory.networks.steps import Activate, Add, Weigh

__all__ = ["placed_in_image", "smallest_image"]


def smallest_image(network: Network) -> Network:
    """The network on the smallest image with all its functions of a site; or itself.

    Only where all layers are convolutions of stride 1, and nothing is pooled or flattened.
    """
    if not _all_alike(network):
        return network
    channels, *sides = network.shape_in
    smaller = [min(side, _needed(network, axis)) for axis, side in enumerate(sides)]
    if smaller == sides:
        return network
    return Graph(
        network.weights,
        network.biases,
        network.names,
        network.kinds,
        network.steps,
        (channels, *smaller),
    )


def _all_alike(network: Network) -> bool:
    """True if every step treats all sites alike."""
    kinds = network.kinds
    return len(network.shape_in) == 3 and all(
        isinstance(step, Activate | Add)
        or (
            isinstance(step, Weigh)
            and isinstance(kind := kinds[step.layer], Convolution)
            and kind.stride == (1, 1)
        )
        for step in network.steps
    )


def _needed(network: Network, axis: int) -> int:
    """Rows (axis 0) or columns (axis 1) that suffice for every value of the network."""
    grown = [side - network.shape_in[1 + axis] for side in _sides(network, axis)]
    needed = 1
    for value in range(len(grown)):
        reach = _reach(network, axis, value)
        above = max(a for a, _ in reach.values())
        below = max(b - grown[u] for u, (_, b) in reach.items())
        needed = max(needed, above + below + 1)
    return needed


def _sides(network: Network, axis: int) -> list[int]:
    return [shape[1 + axis] for shape in network.shapes_of_values]


def _reach(network: Network, axis: int, value: int) -> dict[int, tuple[int, int]]:
    """(a, b) of every value u that `value` is made of: it sees u from -a to +b of its own place."""
    reach = {value: (0, 0)}
    for number in reversed(range(value)):
        step = network.steps[number]
        if number + 1 not in reach:
            continue
        a, b = reach[number + 1]
        taken = [(step.of, a, b)]
        if isinstance(step, Weigh):
            kind = network.kinds[step.layer]
            assert isinstance(kind, Convolution)
            pad = kind.padding[axis]
            width = kind.dilation[axis] * (network.weights[step.layer].shape[2 + axis] - 1)
            taken = [(step.of, a + pad, b + width - pad)]
        elif isinstance(step, Add):
            taken.append((step.skip, a, b))
        for of, above, below in taken:
            before = reach.get(of, (above, below))
            reach[of] = max(before[0], above), max(before[1], below)
    return reach


def placed_in_image(small: Network, network: Network, x: Floats, rest: float) -> Floats:
    """Inputs (n, numbers) of the smallest image in every corner of the whole one: (4 n, numbers).

    One of the four shows at some site what the input shows at one of its own. Other pixels are
    `rest`.
    """
    if small is network:
        return x
    (channels, height, width), (_, rows, columns) = network.shape_in, small.shape_in
    images = x.reshape(-1, channels, rows, columns)
    placed = []
    for top, left in product((0, height - rows), (0, width - columns)):
        whole = np.full((len(x), channels, height, width), rest)
        whole[:, :, top : top + rows, left : left + columns] = images
        placed.append(whole.reshape(len(x), -1))
    return np.concatenate(placed)
