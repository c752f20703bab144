"""A ticket file read and run the slow way: Python integers, dense masked matrices, Fractions.

Shares no code with the package: its own Philox, its own zip and bit handling, and effective weights
found by feeding unit vectors to the masked network itself.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

Matrix = list[list[Fraction]]


@cache
def block_of_words(seed: int, stream: int, block: int) -> tuple[int, ...]:
    """Four words of Philox 4x32-10."""
    c = [block % 2**32, block >> 32, stream % 2**32, stream >> 32]
    k0, k1 = seed % 2**32, seed >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k0, p1 % 2**32, (p0 >> 32) ^ c[3] ^ k1, p0 % 2**32]
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return tuple(c)


def uniform(seed: int, stream: int, index: int, lo: Fraction, hi: Fraction) -> Fraction:
    """Draw `index` of U[lo, hi] on the lattice of 2^-24."""
    word = block_of_words(seed, stream, index // 4)[index % 4]
    half_steps = int(word * 2 * (hi - lo) * 2**24 / 2**32)
    return lo + Fraction((half_steps + 1) // 2, 2**24)


def ends(law: str) -> tuple[Fraction, Fraction]:
    if law == "uniform":
        return Fraction(-1), Fraction(1)
    assert law.startswith("uniform[")
    lo, hi = law[len("uniform[") : -1].split(",")
    return Fraction(lo), Fraction(hi)


def mask_bits(packed: np.ndarray, rows: int, columns: int) -> list[list[int]]:
    """A bit a weight; one row of a bit a neuron stands for links to the neurons' own inputs."""
    if packed.ndim == 2:
        return bits(packed, columns)
    kept, many = bits(packed[None], rows)[0], rows // columns
    return [[int(keep and k // many == c) for c in range(columns)] for k, keep in enumerate(kept)]


def bits(packed: np.ndarray, columns: int) -> list[list[int]]:
    rows = []
    for row in packed.tolist():
        text = "".join(f"{byte:08b}" for byte in row)
        assert set(text[columns:]) <= {"0"}
        rows.append([int(c) for c in text[:columns]])
    return rows


def stored_mask(
    archive: zipfile.ZipFile, seed: int, b: int, m: int, block: dict[str, Any]
) -> list[list[int]]:
    """Kept weights of a layer; of one with locked weights the file has the free ones alone."""
    layer = block["layers"][m]
    rows, columns = layer["rows"], layer["columns"]
    free = f"block{b}.free{m}.npy" in archive.namelist()
    packed = np.load(io.BytesIO(archive.read(f"block{b}.{'free' if free else 'mask'}{m}.npy")))
    mask = mask_bits(packed, rows, columns)
    if free:
        for r in range(rows):
            for c in range(columns):
                if locked(seed, layer, block, r, c):
                    assert not mask[r][c]
                    mask[r][c] = 1
    return mask


def locked(seed: int, layer: dict[str, Any], block: dict[str, Any], row: int, column: int) -> bool:
    """Whether a word of its own locks a weight; a constant's links but to one tap are none."""
    columns, taps = layer["columns"], block.get("taps", 1)
    constants = columns - columns // (block["inputs"] + 1)
    other = taps > 1 and row % taps != block["constant_tap"]
    if block["constant_input"] and other and column >= constants:
        return False
    index = row * columns + column
    stream = 4 << 56 | layer["stream"] & (1 << 56) - 1
    word = block_of_words(seed, stream, index // 4)[index % 4]
    first = round(Fraction(layer["prune"]) * 2**32)
    return first <= word < first + round(Fraction(layer["lock"]) * 2**32)


@dataclass
class PlainBlock:
    """Masked matrices of one block in the order of evaluation, and what to do around them."""

    matrices: list[Matrix]
    direct: bool
    bias: bool

    def __call__(self, x: list[Fraction]) -> list[Fraction]:
        values = [*x, Fraction(1)] if self.bias else list(x)
        return self.without_constant(values)

    def without_constant(self, values: list[Fraction]) -> list[Fraction]:
        for m, matrix in enumerate(self.matrices):
            if m:
                values = [max(v, Fraction(0)) for v in values]
            values = [
                sum((w * v for w, v in zip(row, values, strict=True) if w and v), Fraction(0))
                for row in matrix
            ]
        return values

    def slopes(self, columns: int, sign: int) -> Matrix:
        """Column j: what the unit vector of input j times `sign` gives, times `sign`."""
        units = [[Fraction(sign * (i == j)) for i in range(columns)] for j in range(columns)]
        outputs = [self.without_constant(unit) for unit in units]
        return [[sign * outputs[j][i] for j in range(columns)] for i in range(len(outputs[0]))]


class PlainTicket:
    """The masked random network of a ticket file."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.header: dict[str, Any] = json.loads(archive.read("header.json"))
            self.certificate: dict[str, Any] = json.loads(archive.read("certificate.json"))
            self.blocks = []
            self.kept = 0
            for b, block in enumerate(self.header["blocks"]):
                seed, count = self.header["seed"], len(block["layers"])
                masks = [stored_mask(archive, seed, b, m, block) for m in range(count)]
                self.kept += sum(sum(map(sum, mask)) for mask in masks)
                self.blocks.append(self._block(block, masks))

    def _block(self, block: dict[str, Any], masks: list[list[list[int]]]) -> PlainBlock:
        seed = self.header["seed"]
        columns = block["inputs"] + block["constant_input"]
        matrices = []
        for layer, mask in zip(block["layers"], masks, strict=True):
            lo, hi = ends(layer["law"])
            width = layer["columns"]
            matrices.append(
                [
                    [
                        uniform(seed, layer["stream"], self._number(block, r, c, width), lo, hi)
                        if keep
                        else Fraction(0)
                        for c, keep in enumerate(row)
                    ]
                    for r, row in enumerate(mask)
                ]
            )
        direct = block["kind"] == "direct-sums"
        if direct:
            sums = [sum(row, Fraction(0)) for row in matrices[0]]
            matrices = [[sums[i : i + columns] for i in range(0, len(sums), columns)]]
        scale = Fraction(2) ** block["scale_exponent"]
        matrices[-1] = [[scale * w for w in row] for row in matrices[-1]]
        return PlainBlock(matrices, direct, block["constant_input"])

    @staticmethod
    def _number(block: dict[str, Any], row: int, column: int, width: int) -> int:
        if block["shared"]:
            row //= block["inputs"] + block["constant_input"]
        return row * width + column

    def forward(self, x: list[Fraction]) -> list[Fraction]:
        for k, block in enumerate(self.blocks):
            x = block(x if k == 0 else [max(v, Fraction(0)) for v in x])
        return x


def target_forward(network: Any, x: list[Fraction]) -> list[Fraction]:
    """The target in Fractions."""
    for k, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        if k:
            x = [max(v, Fraction(0)) for v in x]
        y = [
            sum((Fraction(w) * v for w, v in zip(row, x, strict=True)), Fraction(0))
            for row in weight.tolist()
        ]
        x = y if bias is None else [v + Fraction(b) for v, b in zip(y, bias.tolist(), strict=True)]
    return x


def wanted(network: Any, layer: int) -> Matrix:
    """Weights with the bias as last column."""
    rows = [[Fraction(w) for w in row] for row in network.weights[layer].tolist()]
    bias = network.biases[layer]
    if bias is None:
        return rows
    return [[*row, Fraction(b)] for row, b in zip(rows, bias.tolist(), strict=True)]


def weight_errors(ticket: PlainTicket, network: Any) -> list[Fraction]:
    """Per target weight the worse of its two halves, where two were built."""
    errors = []
    for k, block in enumerate(ticket.blocks):
        goal = wanted(network, k)
        halves = [block.slopes(len(goal[0]), 1)]
        if ticket.header["blocks"][k]["signs"] == "both":
            halves.append(block.slopes(len(goal[0]), -1))
        errors += [
            max(abs(half[i][j] - goal[i][j]) for half in halves)
            for i in range(len(goal))
            for j in range(len(goal[0]))
        ]
    return errors


def sup_distance(ticket: PlainTicket, network: Any, x: list[Fraction]) -> Fraction:
    """Largest absolute difference of the outputs at one input."""
    return max(
        abs(a - b) for a, b in zip(ticket.forward(x), target_forward(network, x), strict=True)
    )
