"""Random gadget pairs, solved by the numpy path and on tensors."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch

from slt_theory.laws import Law
from slt_theory.tickets.building.gadget import Design, fill_pair, pair_block
from slt_theory.tickets.building.request import Layer
from slt_theory.torch.pair import GadgetPair
from slt_theory.torch.solve import Masks


@dataclass
class Case:
    """One layer of random targets on the lattice."""

    law: Law
    eps: float
    n: int
    rows: int
    columns: int
    seed: int = 3
    halves: int = 2
    index: int = 0

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed + self.n)
        self.wanted = rng.integers(-(2**48), 2**48, (self.rows, self.columns))
        eps = Fraction(self.eps)
        self.layer = Layer(self.wanted, int(eps * 2**48), 0, eps, self.columns)
        design = Design(self.n, self.halves, self.law, self.law)
        self.block = pair_block(self.layer, design, 2 * self.index)
        self.pair = GadgetPair(self.block, self.seed, torch.device("cpu"))
        self.targets = torch.from_numpy(self.wanted)

    @property
    def radius(self) -> int:
        return self.layer.radius

    def numpy(self):
        """(in-mask, out-mask), unreached."""
        return fill_pair(
            self.block,
            self.layer,
            seed=self.seed,
            radius=self.radius,
            threads=1,
            progress=None,
        )

    def check(self, masks: Masks) -> int:
        """Equality with the numpy path, bit for bit; the number of ones."""
        (inner, outer), unreached = self.numpy()
        assert np.array_equal(masks.out.numpy(), outer)
        assert np.array_equal(masks.neurons.numpy(), inner)
        assert list(masks.unreached) == unreached
        return int(np.bitwise_count(outer).sum())
