"""Laws of one random weight: exact sampling on a lattice, density, largest uniform component.

Each law is an integer algorithm. `Law.coupling` bounds how far a lattice draw lies from the draw of
the named law that it rounds, except with probability `Law.variation`, so every statement transfers
with a stated loss.

`read_law` takes a law wherever one is asked for: a name such as ``laplace(0.3)`` or
``relu(uniform)*uniform`` (``slt laws`` lists the grammar), ``FILE.py:NAME``, an object, or a frozen
distribution of scipy.stats.
"""

from __future__ import annotations

from slt_theory.laws.composed import Masked, Product, ReLU, Scaled
from slt_theory.laws.custom import CustomLaw
from slt_theory.laws.discrete import Discrete, Grid, Integers, Signs
from slt_theory.laws.empirical import Empirical, dkw_band, read_empirical
from slt_theory.laws.floors import floor_of, own_floor
from slt_theory.laws.frozen import ScipyLaw, from_scipy
from slt_theory.laws.hyperbolic import Hyperbolic
from slt_theory.laws.law import Law
from slt_theory.laws.mixture import Mixed
from slt_theory.laws.names import is_as_named, parse_law
from slt_theory.laws.normal import NORMAL_NODES, NORMAL_OCTAVES, NORMAL_TABLE_BITS, Normal
from slt_theory.laws.reading import law_digest, law_reference, read_law
from slt_theory.laws.registry import LAWS, NamedLaw
from slt_theory.laws.shapes import Beta, Laplace, Triangular, TruncatedNormal
from slt_theory.laws.table import Histogram
from slt_theory.laws.uniform import Uniform

__all__ = [
    "LAWS",
    "NORMAL_NODES",
    "NORMAL_OCTAVES",
    "NORMAL_TABLE_BITS",
    "Beta",
    "CustomLaw",
    "Discrete",
    "Empirical",
    "Grid",
    "Histogram",
    "Hyperbolic",
    "Integers",
    "Laplace",
    "Law",
    "Masked",
    "Mixed",
    "NamedLaw",
    "Normal",
    "Product",
    "ReLU",
    "Scaled",
    "ScipyLaw",
    "Signs",
    "Triangular",
    "TruncatedNormal",
    "Uniform",
    "dkw_band",
    "floor_of",
    "from_scipy",
    "is_as_named",
    "law_digest",
    "law_reference",
    "own_floor",
    "parse_law",
    "read_empirical",
    "read_law",
]


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
