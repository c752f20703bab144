"""Laws of one random weight: exact sampling on a lattice, density, largest uniform component.

Each law is an integer algorithm. `Law.coupling` bounds how far a lattice draw lies from the draw of
the named continuous law that it rounds, so every statement transfers with a stated loss.

Names on the command line: ``uniform``, ``uniform[a,b]``, ``normal``, ``hyperbolic[a,b]``, random
signs ``signs`` and ``signs[g]``, the multiples of 1/m in ``grid[m]``, products such as
``uniform*uniform`` and ``relu(uniform)*uniform``, a random mask ``bernoulli(0.3)*uniform`` and a
scale ``0.5*uniform``.
"""

from __future__ import annotations

from slt_theory.laws.composed import Masked, Product, ReLU, Scaled
from slt_theory.laws.discrete import Grid, Signs
from slt_theory.laws.hyperbolic import Hyperbolic
from slt_theory.laws.law import Law
from slt_theory.laws.names import parse_law
from slt_theory.laws.normal import NORMAL_NODES, NORMAL_OCTAVES, NORMAL_TABLE_BITS, Normal
from slt_theory.laws.uniform import Uniform

__all__ = [
    "NORMAL_NODES",
    "NORMAL_OCTAVES",
    "NORMAL_TABLE_BITS",
    "Grid",
    "Hyperbolic",
    "Law",
    "Masked",
    "Normal",
    "Product",
    "ReLU",
    "Scaled",
    "Signs",
    "Uniform",
    "parse_law",
]
