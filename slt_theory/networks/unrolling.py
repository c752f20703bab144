"""One idea for linear, convolutional and equivariant layers: coefficients and an unrolling.

A weighted layer maps channels over sites to channels over sites as ``sum_t M_t (x) S_t``: a tap t
has a coefficient matrix M_t (channels out, channels in) and looks along a fixed 0/1 matrix S_t
(sites out, sites in). A linear layer has one site and one tap, a convolution a tap for every place
of its kernel, an equivariant layer a tap for every element of its basis. Taps never look the same
way, so every entry of the whole matrix is a coefficient or 0: nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["ONE_SITE", "Operator", "Unrolling", "basis_unrolling", "convolution_unrolling"]

Indices = NDArray[np.int64]
_MOST_NUMBERS = 1 << 23
_PART = 1 << 21
"""Numbers of a large dense layer that are worked on at once; so many stay in a cache."""
"""Numbers that the taps of a batch may take at once on the way back."""
_IN_CACHE = 1 << 20
"""Numbers that the taps of a batch may take at once: of 2^18 to 2^23 as fast as any, 3.7 times the
sparse product on 16 channels of 32 by 32 sites (0.048 s, of which multiplying 0.035)."""
_GATHERING = 8.0
"""Looking sites up costs about so much more than multiplying."""


@dataclass(frozen=True, eq=False)
class Unrolling:
    """Sites that each tap of a layer joins.

    Attributes
    ----------
    taps, sites_in, sites_out : int
    rows, columns : int64 arrays
        The ones of all S_t, stacked: row ``t * sites_out + q`` looks at site ``column``; sorted.
    """

    taps: int
    sites_in: int
    sites_out: int
    rows: Indices
    columns: Indices

    @property
    def one_site(self) -> bool:
        """A linear layer: one tap, one site, nothing to unroll."""
        return self.taps == self.sites_in == self.sites_out == 1

    @cached_property
    def counts(self) -> Indices:
        """Number of sites that tap t sees at site q: shape (taps, sites_out)."""
        size = self.taps * self.sites_out
        return np.bincount(self.rows, minlength=size).reshape(self.taps, self.sites_out)

    @cached_property
    def constant_tap(self) -> int | None:
        """The first tap that sees exactly one site everywhere: never the padding. None: no such."""
        whole = np.flatnonzero((self.counts == 1).all(axis=1))
        return int(whole[0]) if whole.size else None

    @cached_property
    def border(self) -> NDArray[np.bool_]:
        """Output sites at which some tap falls into the padding."""
        return np.asarray((self.counts == 0).any(axis=0))

    @cached_property
    def places(self) -> Indices | None:
        """Site that tap t sees at site q, (taps, sites_out); `sites_in` where it sees none.

        None if some tap sees several sites at once.
        """
        if self.counts.max() > 1:
            return None
        places = np.full(self.taps * self.sites_out, self.sites_in)
        places[self.rows] = self.columns
        return places.reshape(self.taps, self.sites_out)

    @cached_property
    def looks(self) -> csr_array:
        """All S_t stacked, (taps * sites_out, sites_in)."""
        from scipy.sparse import csr_array

        shape = (self.taps * self.sites_out, self.sites_in)
        return csr_array((np.ones(self.rows.size), (self.rows, self.columns)), shape=shape)

    @cached_property
    def gathers(self) -> csr_array:
        """All S_t side by side, (sites_out, taps * sites_in): sums what every tap computed."""
        from scipy.sparse import csr_array

        tap, out = np.divmod(self.rows, self.sites_out)
        places = out, tap * self.sites_in + self.columns
        shape = (self.sites_out, self.taps * self.sites_in)
        return csr_array((np.ones(self.rows.size), places), shape=shape)


ONE_SITE = Unrolling(1, 1, 1, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
"""The unrolling of a linear layer."""


@lru_cache(maxsize=64)
def convolution_unrolling(
    sides: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
) -> Unrolling:
    """Taps of a kernel over an image, row by row; places beyond the image are zeros."""
    places = [
        np.arange((side + 2 * pad - spread * (size - 1) - 1) // step + 1)[None, :] * step
        + np.arange(size)[:, None] * spread
        - pad
        for side, size, step, pad, spread in zip(
            sides, kernel, stride, padding, dilation, strict=True
        )
    ]
    if not all(each.size for each in places):
        raise BadInput("kernel", kernel, f"is larger than its padded input of shape {sides}")
    inside = [(each >= 0) & (each < side) for each, side in zip(places, sides, strict=True)]
    site = places[0][:, None, :, None] * sides[1] + places[1][None, :, None, :]
    seen = (inside[0][:, None, :, None] & inside[1][None, :, None, :]).ravel()
    taps, out = kernel[0] * kernel[1], places[0].shape[1] * places[1].shape[1]
    rows = np.flatnonzero(seen)
    return Unrolling(taps, sides[0] * sides[1], out, rows, site.ravel()[rows])


def basis_unrolling(basis: NDArray[Any]) -> Unrolling:
    """Taps from a basis (elements, sites out, sites in) of 0/1 matrices with disjoint ones.

    Raises
    ------
    BadInput
        Other entries, an element without ones, or two elements that overlap: orbits never do.
    """
    ones = np.asarray(basis)
    if ones.ndim != 3 or not ones.size:
        raise BadInput("basis", ones.shape, "must have shape (elements, sites out, sites in)")
    if not np.isin(ones, (0, 1)).all():
        raise BadInput("basis", "entries", "must be 0 or 1", "use the orbits of pairs of sites")
    if (ones.sum(axis=0) > 1).any() or not ones.any(axis=(1, 2)).all():
        raise BadInput("basis", "elements", "must be non-empty and disjoint", "use orbits")
    taps, out, sites = ones.shape
    rows, columns = np.nonzero(ones.reshape(taps * out, sites))
    return Unrolling(taps, sites, out, rows.astype(np.int64), columns.astype(np.int64))


@dataclass(frozen=True, eq=False)
class Operator:
    """The matrix of a layer on flat values (channel by channel), held as its coefficients.

    Parameters
    ----------
    coefficients : float64 array (channels out, taps, channels in)
    unrolling : Unrolling
    """

    coefficients: Floats
    unrolling: Unrolling

    @property
    def shape(self) -> tuple[int, int]:
        """(values out, values in)."""
        outputs, _, inputs = map(int, self.coefficients.shape)
        return outputs * self.unrolling.sites_out, inputs * self.unrolling.sites_in

    @property
    def work(self) -> float:
        """Multiplications of a product with a vector; gathering an image's taps counts as more."""
        each = float(self.coefficients.size * self.unrolling.sites_out)
        return each if self.unrolling.one_site else _GATHERING * each

    @property
    def terms(self) -> int:
        """A product with a vector adds this many numbers at most, two roundings a number."""
        _, taps, inputs = map(int, self.coefficients.shape)
        if self.unrolling.one_site:
            return inputs
        return taps * inputs + int(self.unrolling.counts.max())

    @property
    def matrix(self) -> Floats:
        """The coefficients (channels out, channels in) where there is one tap and one site."""
        return np.asarray(self.coefficients[:, 0, :])

    def map(self, function: Callable[[Floats], Floats]) -> Operator:
        """`function` of every entry; it must keep 0."""
        return Operator(np.asarray(function(self.coefficients)), self.unrolling)

    def parts(self) -> Iterator[Operator]:
        """The same operator, some values out at a time: what is made of each is small."""
        if not self.unrolling.one_site:
            yield self
            return
        step = max(1, _PART // max(self.coefficients.shape[2], 1))
        for start in range(0, max(len(self.coefficients), 1), step):
            yield Operator(self.coefficients[start : start + step], self.unrolling)

    def sizes_times(self, vector: Floats) -> Floats:
        """Product of the absolute entries with one vector (values in,)."""
        return np.concatenate([part.map(np.abs) @ vector for part in self.parts()])

    def __matmul__(self, vector: Floats) -> Floats:
        """Product with one vector (values in,)."""
        if self.unrolling.one_site:
            return np.asarray(self.matrix @ vector)
        return np.asarray(self.apply(vector[None, :])[0])

    def apply(self, batch: Floats) -> Floats:
        """(batch, values in) to (batch, values out)."""
        if self.unrolling.one_site:
            return np.asarray(batch @ self.matrix.T)
        outputs, taps, inputs = self.coefficients.shape
        out = self.unrolling.sites_out
        part = max(1, _IN_CACHE // (taps * inputs * out))
        if len(batch) > part:
            starts = range(0, len(batch), part)
            return np.concatenate([self.apply(batch[k : k + part]) for k in starts])
        flat = self._seen(batch).reshape(taps * inputs, -1)
        values = (self.coefficients.reshape(outputs, -1) @ flat).reshape(outputs, len(batch), out)
        return np.ascontiguousarray(values.transpose(1, 0, 2)).reshape(len(batch), -1)

    def _seen(self, batch: Floats) -> Floats:
        """Numbers that every tap sees: (taps, channels in, batch, sites out)."""
        _, taps, inputs = self.coefficients.shape
        sites, out = self.unrolling.sites_in, self.unrolling.sites_out
        if self.unrolling.places is None:
            stacked = self.unrolling.looks @ batch.reshape(-1, sites).T
            seen = stacked.reshape(taps, out, len(batch), inputs).transpose(0, 3, 2, 1)
            return np.ascontiguousarray(seen)
        padded = np.zeros((inputs, len(batch), sites + 1))
        padded[:, :, :sites] = batch.reshape(len(batch), inputs, sites).transpose(1, 0, 2)
        seen = np.empty((taps, inputs, len(batch), out))
        for places, tap in zip(self.unrolling.places, seen, strict=True):
            np.take(padded, places, axis=2, out=tap, mode="clip")
        return seen

    def back(self, batch: Floats) -> Floats:
        """(batch, values out) to (batch, values in): the product with the transpose."""
        if self.unrolling.one_site:
            return np.asarray(batch @ self.matrix)
        outputs, taps, inputs = self.coefficients.shape
        sites, out = self.unrolling.sites_in, self.unrolling.sites_out
        part = max(1, _MOST_NUMBERS // (taps * inputs * out))
        if len(batch) > part:
            starts = range(0, len(batch), part)
            return np.concatenate([self.back(batch[k : k + part]) for k in starts])
        flat = batch.reshape(len(batch), outputs, out).transpose(1, 0, 2).reshape(outputs, -1)
        product = self.coefficients.reshape(outputs, -1).T @ flat
        seen = product.reshape(taps, inputs, len(batch), out).transpose(0, 3, 2, 1)
        values = self.unrolling.looks.T @ np.ascontiguousarray(seen).reshape(taps * out, -1)
        return np.ascontiguousarray(values.reshape(sites, -1).T).reshape(len(batch), -1)

    @cached_property
    def _pattern(self) -> tuple[Indices, Indices, Indices]:
        """For one channel out: row, column and coefficient of every entry, zeros included."""
        inputs = self.coefficients.shape[2]
        unrolling = self.unrolling
        tap, site = np.divmod(unrolling.rows, unrolling.sites_out)
        channel = np.arange(inputs)
        rows = np.repeat(site[:, None], inputs, axis=1)
        columns = channel[None, :] * unrolling.sites_in + unrolling.columns[:, None]
        entries = tap[:, None] * inputs + channel[None, :]
        order = np.lexsort((columns.ravel(), rows.ravel()))
        return rows.ravel()[order], columns.ravel()[order], entries.ravel()[order]

    def entries(self, channel: int) -> tuple[Indices, Indices, Floats]:
        """Site out, value in and entry of everything that one channel out sees, row by row."""
        rows, columns, entries = self._pattern
        return rows, columns, self.coefficients[channel].ravel()[entries]

    def tocsr(self) -> csr_array:
        """The whole matrix, exact; ``nnz`` is ``channels out * channels in * ones``."""
        from scipy.sparse import csr_array

        rows, columns, entries = self._pattern
        outputs = len(self.coefficients)
        channel = np.arange(outputs)[:, None]
        values = self.coefficients.reshape(outputs, -1)[:, entries]
        places = (channel * self.unrolling.sites_out + rows).ravel(), np.tile(columns, outputs)
        return csr_array((values.ravel(), places), shape=self.shape)
