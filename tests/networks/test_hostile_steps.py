"""Steps that a file names: whatever stands in their fields, a refusal and no large array."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.networks import Graph
from slt_theory.networks.graph import skeleton
from slt_theory.networks.kinds import Linear
from slt_theory.networks.moves import Rearrange
from slt_theory.networks.pools import Pool
from slt_theory.networks.steps import Flatten, Weigh

CUTS = ((0, 1, 2, 0, 0), (0, 1, 4, 1, 0), (0, 1, 4, 0, 0))


def description():
    """An image 2x4x4, its rows padded, pooled to 2x2, and a linear layer."""
    steps = (
        Rearrange(0, (0, 1, 2), CUTS, (2, 5, 4), "reflect"),
        Pool(1, "average", (2, 2), 1, adaptive=True),
        Flatten(2),
        Weigh(3, 0),
    )
    graph = Graph((np.ones((3, 8)),), (None,), ("fc",), (Linear(),), steps, (2, 4, 4))
    return graph.describe()


def test_the_description_itself_is_read():
    assert skeleton(description()).describe() == description()


HUGE = 1 << 40
HOSTILE = [
    *((0, "order", value) for value in ([0, 1], [0, 0, 2], [0, True, 2], [0, 1.0, 2], "012")),
    *((0, "result", value) for value in ([], [-2, -5, 4], [2, 5, 4.0], [40, True], [HUGE] * 2)),
    (0, "order", [[0], 1, 2]),
    (0, "result", None),
    *((0, "mode", value) for value in ("symmetric", ["reflect"], None)),
    *((0, "of", value) for value in (True, 0.0, "0", -1, 7, None)),
    *(
        (0, "cuts", [[0, 1, 2, 0, 0], cut, [0, 1, 4, 0, 0]])
        for cut in (
            [0, 1, HUGE, 0, 0], [0, 1e-30, HUGE, 0, 0], [0, -1, 4, 1, 0], [0, 0, 4, 1, 0],
            [0, 1, 4, HUGE, 0], [0, 1, 4, -1, 0], [0, 1, 4, 1], [0, 1, True, 4, 0],
            [[0], 1, 4, 1, 0], "01410", 3, ["0", 1, 4, 1, 0],
        )
    ),
    *((1, "side", value) for value in (0, [HUGE, HUGE], [2, True], [2.0, 2], "2", [2, 2, 2], [])),
    *((1, "kind", value) for value in ("median", None, ["max"])),
    *((1, "adaptive", value) for value in (1, "yes", None)),
    *((1, "ceil", value) for value in (1, "yes")),
    *((1, "padding", value) for value in (HUGE, -1, [1, 2, 3])),
    *((3, "layer", value) for value in (False, 0.0, "0", 1)),
]  # fmt: skip


@pytest.mark.parametrize(("step", "field", "value"), HOSTILE)
def test_a_hostile_field_is_refused_without_a_large_array(step, field, value):
    record = description()
    record["steps"][step][field] = value
    if field == "padding":
        record["steps"][step]["adaptive"] = False
    tracemalloc.start()
    try:
        with pytest.raises((LookupError, TypeError, ValueError)):
            skeleton(record)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("shape", [[1 << 32, 1 << 32], [1, 1 << 20, 1 << 20], [HUGE]])
def test_an_input_of_any_size_is_refused(shape):
    record = description() | {"input": shape}
    with pytest.raises(BadInput, match="at most"):
        skeleton(record)
