"""A law of the user's own is what it declares, or refused when it draws."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.experiments import threshold
from slt_theory.testing import CustomLaw

DRAWS = {
    "floats": lambda w: w / 2**32,
    "bools": lambda w: w > 1,
    "text": lambda w: w.astype(str),
    "objects": lambda w: w.astype(object),
    "none": lambda w: None,
    "shorter": lambda w: w[1:].astype("int64") >> 9,
    "too large": lambda w: w.astype("int64"),
    "too small": lambda w: -(w.astype("int64") >> 7) - 1,
    "wraps": lambda w: w + np.uint64(2**63),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_draw_that_is_not_what_the_law_declares_is_refused(draw: Any) -> None:
    law = CustomLaw("mine", draw, bits=24)
    with pytest.raises(BadInput, match="draw of mine"):
        law.sample(seed=1, stream=0, start=0, count=1000)
    with pytest.raises(BadInput, match="draw of mine"):
        law.at(30).sample(seed=1, stream=0, start=0, count=1000)
    with pytest.raises(BadInput, match="draw of mine"):
        threshold(law=law, eps=0.1, delta=0.1, trials=200)


def test_the_ends_of_the_support_belong_to_it() -> None:
    law = CustomLaw(
        "ends", lambda w: (w & np.uint64(1)).astype("int64") * 3, bits=1, support=(0, "3/2")
    )
    assert law.support == (0, Fraction(3, 2))
    assert set(law.sample(seed=1, stream=0, start=0, count=99).tolist()) == {0, 3}
    assert set(law.at(2).sample(seed=1, stream=0, start=0, count=99).tolist()) == {0, 6}


@pytest.mark.parametrize(
    "parts", [{"support": (1, 0)}, {"support": ("a", 1)}, {"bits": 99}, {"bits": 1.5}]
)
def test_a_law_that_cannot_be_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        CustomLaw("mine", lambda w: w, **parts)
