"""Products of a value with a constant over named axes, as `einsum` writes them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from string import ascii_letters
from typing import Any

import numpy as np

from slt_theory.networks.arrays import Floats
from slt_theory.networks.kinds import Convolution
from slt_theory.networks.operators import Refused
from slt_theory.networks.tape import Tape, Value

__all__ = ["contracted", "einsum", "multiplied_by_matrices"]


def contracted(tape: Tape, x: Value, constant: Floats, letters: Sequence[str], name: str) -> Value:
    """Record ``out[o] = sum x[v] c[w]`` over the letters that are not in the output.

    Parameters
    ----------
    letters : (v, w, o)
        One letter an axis of the value, of the constant, and of the result; the batch has none.

    Notes
    -----
    Letters of both that stay are groups: one matrix for each of their places.
    """
    of_x, of_constant, of_result = letters
    sides = dict(zip(of_x, x.shape, strict=True))
    for letter, side in zip(of_constant, constant.shape, strict=True):
        if sides.setdefault(letter, side) != side:
            raise Refused(f"joins axes of lengths {sides[letter]} and {side}")
    alone = [k for k, letter in enumerate(of_constant) if letter not in of_x + of_result]
    constant = constant.sum(axis=tuple(alone))
    of_constant = "".join(c for c in of_constant if c in of_x + of_result)
    for letter in [v for v in of_x if v not in of_constant + of_result]:
        at = of_x.index(letter)
        x = tape.affine(tape.mean(x, [at]), float(sides[letter]), 0.0, name)
        of_x = of_x.replace(letter, "")
    groups = [v for v in of_x if v in of_constant and v in of_result]
    summed = [v for v in of_x if v in of_constant and v not in of_result]
    kept = [v for v in of_x if v not in of_constant]
    made = [c for c in of_constant if c not in of_x]
    count, out, into, places = (
        prod(sides[v] for v in part) for part in (groups, made, summed, kept)
    )
    turned = tape.transpose(x, [of_x.index(v) for v in [*groups, *summed, *kept]])
    order = [of_constant.index(v) for v in [*groups, *made, *summed]]
    kernel = constant.transpose(order).reshape(count * out, into)
    if count == places == 1:
        y = tape.linear(tape.reshape(turned, (into,)), kernel, None, name)
    else:
        image = tape.reshape(turned, (count * into, places, 1))
        kind = Convolution(groups=count)
        y = tape.convolution(image, kernel[:, :, None, None], None, name, kind)
    y = tape.reshape(y, [sides[v] for v in [*groups, *made, *kept]])
    have = [*groups, *made, *kept]
    return tape.transpose(y, [have.index(v) for v in of_result])


def einsum(tape: Tape, equation: str, operands: Sequence[Any], name: str) -> Value:
    """Record `einsum` of one value with at most one constant; axis 0 of the value is the batch.

    Parameters
    ----------
    equation : str
        As in torch; ``...`` stands for axes of the value. Without ``->`` the result has the
        letters that occur once.
    operands : sequence
        The value, and an array of constants.
    """
    inputs, arrow, result = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if not arrow and "..." not in inputs:
        # Letters that occur once, in the order of the alphabet.
        arrow, letters = "->", inputs.replace(",", "")
        result = "".join(sorted(c for c in letters if letters.count(c) == 1))
    values = [k for k, part in enumerate(operands) if isinstance(part, Value)]
    if len(values) != 1 or len(terms) != len(operands) or len(operands) > 2:
        raise Refused("multiplies several values", "of products, value times constant is covered")
    x, of_x = operands[values[0]], terms[values[0]]
    free = [c for c in ascii_letters if c not in equation]
    if "..." in equation:
        count = len(x.shape) + 1 - len(of_x.replace("...", ""))
        rest = "".join(free[:count]) if count >= 0 else ""
        of_x, result = of_x.replace("...", rest), result.replace("...", rest)
    if not arrow or len(set(of_x)) != len(of_x) or len(of_x) != len(x.shape) + 1:
        raise Refused(f"has the equation {equation}", 'write every axis: "bi,ij->bj"')
    batch, of_x = of_x[0], of_x[1:]
    if not result.startswith(batch) or len(set(result)) != len(result):
        raise Refused("moves or sums the batch, or repeats an axis")
    constant: Floats = np.ones(())
    of_constant = ""
    if len(operands) == 2:
        constant = np.asarray(operands[1 - values[0]], dtype=np.float64)
        of_constant = terms[1 - values[0]]
    if batch in of_constant:
        at = of_constant.index(batch)
        if not (constant == constant.take([0], axis=at)).all():
            raise Refused("combines the batch with a constant of several rows")
        constant = np.asarray(constant.take(0, axis=at))
        of_constant = of_constant.replace(batch, "")
    if "." in of_constant or len(set(of_constant)) != len(of_constant):
        raise Refused(f"has the equation {equation}", 'write every axis: "bi,ij->bj"')
    if len(of_constant) != constant.ndim:
        raise Refused(f"has a constant of shape {constant.shape} for the axes {of_constant}")
    return contracted(tape, x, constant, (of_x, of_constant, result[1:]), name)


def multiplied_by_matrices(
    tape: Tape, x: Value, matrices: Floats, name: str, *, left: bool
) -> Value:
    """Record ``x M``, or ``M x`` from the left, for a matrix or a stack of them (..., i, j).

    Leading axes of the stack are those of the value before its last two, or of length 1.
    """
    stack = matrices.shape[:-2]
    axes = ascii_letters[: len(x.shape)]
    if len(axes) < 1 + bool(left or stack) or len(stack) > max(len(axes) - 2, 0):
        raise Refused("widens its input by a stack of matrices")
    used = axes[len(axes) - 2 - len(stack) : len(axes) - 2] if stack else ""
    gone = tuple(k for k, side in enumerate(stack) if side == 1)
    matrices = matrices.squeeze(gone)
    used = "".join(letter for k, letter in enumerate(used) if k not in gone)
    if left:
        letters = axes, used + "Z" + axes[-2], axes[:-2] + "Z" + axes[-1]
    else:
        letters = axes, used + axes[-1] + "Z", axes[:-1] + "Z"
    return contracted(tape, x, matrices, letters, name)
