"""The numbers of a file, drawn again and again; and what they say about where they came from."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.lattice import Lattice, to_fraction
from slt_theory.laws.law import FloatArray, Int64Array, Law
from slt_theory.laws.table import TABLE_BITS
from slt_theory.laws.uniform import scale_word

__all__ = ["Empirical", "dkw_band", "read_empirical"]

_LARGEST = 1 << 10


def dkw_band(count: int, level: float) -> float:
    """sqrt(log(2 / (1 - level)) / (2 count)), rounded upwards.

    With probability at least `level` the distribution function of the source of `count`
    independent draws lies everywhere within this of that of the draws.

    Source: Dvoretzky, Kiefer, Wolfowitz, Annals of Mathematical Statistics 27 (1956) 642-669, with
    the constant of Massart, Annals of Probability 18 (1990) 1269-1283.

    Examples
    --------
    >>> round(dkw_band(5000, 0.99), 4)
    0.023
    """
    if not 0 < to_fraction("level", level) < 1:
        raise BadInput("level", level, "must lie strictly between 0 and 1")
    if count < 1:
        raise BadInput("count", count, "must be >= 1")
    # Three float operations, each off by 2^-52 of its size.
    return min(1.0, math.sqrt(math.log(2 / (1 - level)) / (2 * count)) * (1 + 2.0**-48))


@dataclass(frozen=True)
class Empirical(Law):
    """One of the given numbers, each as often as it stands there: resampling with replacement.

    An answer is about these numbers, not about the unknown source that they came from; `band` says
    how far its distribution function may be. Values are float64 and are rounded to the lattice
    where they do not lie on it; `coupling` says by how much, and nothing about the source.

    Parameters
    ----------
    values : array_like
        At least one finite number, at most 1024 in size, of any shape.
    source : str
        A name, for people: the file.
    level : float
        Level of the band.

    Examples
    --------
    >>> law = Empirical([0.5, -0.25, 0.5])
    >>> seen = law.sample(seed=1, stream=0, start=0, count=50) / 2**44
    >>> sorted(set(seen.tolist())), law.coupling
    ([-0.25, 0.5], Fraction(0, 1))
    """

    values: Any = field(repr=False, compare=False)
    source: str = field(default="values", compare=False)
    level: float = 0.99
    bits: int = TABLE_BITS
    key: str = ""
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        given = np.asarray(self.values)
        if given.size == 0:
            raise BadInput(f"values of {self.source}", given.shape, "must be at least one number")
        if given.dtype.kind not in "iuf":
            raise BadInput(
                f"values of {self.source}",
                str(given.dtype),
                "must be real numbers",
                "save them as float64",
            )
        if not 0 <= self.bits <= TABLE_BITS:
            raise BadInput("bits", self.bits, f"must lie in 0..{TABLE_BITS}")
        flat = np.ascontiguousarray(given.ravel())
        Lattice(TABLE_BITS).nearest(flat, name=f"values of {self.source}")
        flat = flat.astype("<f8")
        if np.abs(flat).max() > _LARGEST:
            raise BadInput(
                f"values of {self.source}",
                float(np.abs(flat).max()),
                f"must lie in [-{_LARGEST}, {_LARGEST}]",
                "scale them down",
            )
        object.__setattr__(self, "values", flat)
        dkw_band(flat.size, self.level)
        object.__setattr__(self, "digest", hashlib.sha256(flat.tobytes()).hexdigest()[:12])

    @property
    def name(self) -> str:
        key = f",key={self.key}" if self.key else ""
        level = "" if self.level == 0.99 else f",level={self.level:g}"
        return f"empirical({self.source}{key}{level},sha256={self.digest})"

    @property
    def note(self) -> str:
        return (
            f"{self.source}: resamples its {self.values.size} numbers, and the answer is about "
            f"them; if they are independent draws of one source, its distribution function lies "
            f"within {self.band:.3g} of theirs at level {self.level:g} (DKW)"
        )

    @property
    def band(self) -> float:
        """`dkw_band` of these numbers at `level`."""
        return dkw_band(self.values.size, self.level)

    @cached_property
    def _places(self) -> Int64Array:
        return Lattice(self.bits).nearest(self.values)

    @property
    def slots(self) -> int:
        return 2

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        low, high = int(self._places.min()), int(self._places.max())
        return low * self.unit, high * self.unit

    @property
    def coupling(self) -> Fraction:
        # Both terms are below 2^54 units of the finer lattice or rounded exactly, so this is exact.
        off = np.abs(self.values - np.ldexp(self._places.astype(np.float64), -self.bits))
        return Fraction(float(off.max()))

    @property
    def variation(self) -> Fraction:
        return Fraction(self.values.size, 1 << 64)

    @property
    def atom(self) -> Fraction:
        return Fraction(int(np.count_nonzero(self.values == 0)), self.values.size)

    @property
    def is_symmetric(self) -> bool:
        ordered = np.sort(self.values)
        return bool((ordered == -ordered[::-1]).all())

    @property
    def step(self) -> int:
        return int(np.gcd.reduce(self._places))

    def at(self, bits: int) -> Empirical:
        return Empirical(self.values, self.source, self.level, bits, self.key)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        # Each number has its share of the 2^64 words up to one word.
        return self._places[scale_word(words, self.values.size)]

    def density(self, x: ArrayLike) -> FloatArray:
        raise BadInput("law", self.name, "has no density", "it lives on the numbers of the file")


def read_empirical(path: str, *, key: str = "", level: float = 0.99, sha256: str = "") -> Empirical:
    """The law of the numbers in a ``.npy`` or ``.npz`` file.

    Parameters
    ----------
    path : str
    key : str
        Which array of an ``.npz`` file; may be left out where it holds one.
    level : float
        Of the band, see `Empirical`.
    sha256 : str
        Beginning of the digest that the numbers must have, as in the law's name.

    Raises
    ------
    UnreadableFile, BadInput
        If there is no such file or array, or it holds no usable numbers, or others than promised.
    """
    file = Path(path)
    if not file.is_file():
        raise UnreadableFile("law", path, "does not exist", "write empirical(FILE.npy)")
    try:
        loaded = np.load(file, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            if key:
                raise BadInput("key", key, f"names nothing: {path} is one array", "leave it out")
            return _promised(Empirical(loaded, path, level), sha256)
        with loaded as archive:
            known = list(archive.files)
            if not known:
                raise BadInput("law", path, "holds no arrays", "save one with numpy.savez")
            if not key and len(known) != 1:
                raise BadInput(
                    "law",
                    path,
                    f"holds {len(known)} arrays",
                    f"write key=NAME, one of {', '.join(known)}",
                )
            if key and key not in known:
                raise BadInput("key", key, f"is not in {path}", f"known: {', '.join(known)}")
            values = archive[key or known[0]]
    except BadInput:
        raise
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise UnreadableFile("law", path, f"cannot be read as .npy or .npz ({error})") from error
    return _promised(Empirical(values, path, level, key=key), sha256)


def _promised(law: Empirical, sha256: str) -> Empirical:
    """The law, if its numbers have the digest that its name promises."""
    if not law.digest.startswith(sha256[:12]):
        raise BadInput(
            "sha256",
            sha256,
            f"is not the digest {law.digest} of the numbers of {law.source}",
            "the file has changed",
        )
    return law
