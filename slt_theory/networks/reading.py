"""Say what was read: a target with its layers in words, what was assumed, and a check by values."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.networks.architecture import Architecture, read_architecture
from slt_theory.networks.arrays import checked_floats
from slt_theory.networks.files import WHOLE, has_description, network_from_arrays
from slt_theory.networks.hints import against_a_chain
from slt_theory.networks.network import Network
from slt_theory.networks.order import forced_order
from slt_theory.networks.readers import Tensors, read_bytes, read_npz, read_tensors
from slt_theory.networks.rounding import Agreement, rounding_errors
from slt_theory.networks.steps import Activate, Add, Flatten, Pool, Rearrange, Weigh

__all__ = ["TargetReading", "check_values", "layer_lines", "load_target", "read_target"]


@dataclass(frozen=True, eq=False)
class TargetReading:
    """A target network as it was read.

    Attributes
    ----------
    network : Network
    assumed : tuple of str
        What the file does not say and nobody gave.
    agreement : Agreement or None
        With the tool that the file comes from, or with the values given as `check`.
    checked : str
        SHA-256 of the values given as `check`, inputs then outputs; empty without.
    """

    network: Network
    assumed: tuple[str, ...]
    agreement: Agreement | None
    checked: str = ""

    def remarks(self) -> dict[str, Any] | None:
        """Return what a ticket's header keeps of the reading, the same on every machine.

        ``{"assumed": [...], "check": {...}}``, or None where nothing was assumed nor compared. The
        check says with what (``values`` or ``tool``), at how many inputs, the digest of the values,
        and the exponent e of a bound 2^e on the difference.
        """
        if not self.assumed and self.agreement is None:
            return None
        check: dict[str, Any] = {}
        if self.agreement is not None:
            check = {
                "with": "values" if self.checked else "tool",
                "inputs": self.agreement.inputs,
                "bound_exponent": math.frexp(self.agreement.bound)[1],
                "sha256": self.checked,
            }
        return {"assumed": list(self.assumed), "check": check}

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "input": list(self.network.shape_in),
            "parameters": self.network.parameters,
            "layers": layer_lines(self.network),
            "assumed": list(self.assumed),
            "agreement": None if self.agreement is None else self.agreement.to_dict(),
        }


def load_target(
    path: str | PathLike[str],
    *,
    arch: Architecture | str | PathLike[str] | None = None,
    check: tuple[ArrayLike, ArrayLike] | None = None,
    strict: bool = False,
) -> Network:
    """Read a target network.

    Parameters
    ----------
    path : path
        A whole network: `.onnx` (extra `onnx`) or `.nnet`, see `read_onnx` and `read_nnet`. Or
        weights: `.npz`, `.safetensors`, a torch state dict `.pt` / `.pth` / `.ckpt`. Keys
        `NAME.weight` and `NAME.bias` in the order of the layers: 2-d (out, in), or 4-d
        (out, in, kh, kw) for a convolution. Optional integers `NAME.stride`, `NAME.padding`,
        `NAME.pool` and `input.shape` describe a convolutional network, and a whole description
        may stand in `architecture.json` (see `save_npz`).
    arch : Architecture or path of a TOML file, optional
        What the weights do not say; see `read_architecture`. Without it a file of weights is read
        as a chain of ReLU layers in the order of its keys, stride 1, same padding, no pooling.
    check : (x, y), optional
        Inputs and the outputs that the network must have there.
    strict : bool
        Refuse a file that leaves something to assume.

    Raises
    ------
    UnreadableFile
        Missing, truncated, damaged, or not in the format of its suffix.
    BadInput
        Wrong keys, types or shapes, NaN or infinite values; names the key. Or outputs that are not
        those of `check`.
    MissingExtra
        A `.pt` file without torch, an `.onnx` file without onnx.

    Notes
    -----
    `.npz` and `.pt` files carry checksums, which are verified. `.safetensors` has none: sizes
    and names are verified, changed digits of a weight cannot be noticed.
    """
    return read_target(path, arch=arch, check=check, strict=strict).network


def read_target(
    path: str | PathLike[str],
    *,
    arch: Architecture | str | PathLike[str] | None = None,
    check: tuple[ArrayLike, ArrayLike] | str | PathLike[str] | None = None,
    strict: bool = False,
) -> TargetReading:
    """Read a target as `load_target` does; return it with what was assumed and compared.

    `check` may also be the path of an `.npz` file with arrays `x` and `y`.
    """
    reader = WHOLE.get(Path(path).suffix.lower())
    assumed: list[str] = []
    agreement = None
    network: Network
    if reader is not None:
        if arch is not None:
            raise BadInput("arch", str(arch), f"is not needed: {path} says all of its network")
        network, _, agreement = reader(path)
    else:
        tensors = read_tensors(Path(path))
        if arch is not None and not isinstance(arch, Architecture):
            arch = read_architecture(arch)
        _refuse_against_a_chain(tensors, arch, str(path))
        network = network_from_arrays(tensors, arch=arch, source=str(path))
        assumed = _assumed(tensors, arch, network)
    if strict and assumed:
        raise BadInput(
            "target",
            str(path),
            f"does not say its network; assumed would be: {'; '.join(assumed)}",
            "give --arch with forward = ..., or a whole network (.onnx, from_module)",
        )
    checked = ""
    if check is not None:
        x, y = _given_values(check)
        agreement = check_values(network, x, y)
        checked = _digest(x, y)
    return TargetReading(network, tuple(assumed), agreement, checked)


def _refuse_against_a_chain(tensors: Tensors, arch: Architecture | None, source: str) -> None:
    """A file whose names say that it is no chain is read with a description only."""
    if has_description(tensors) or (arch is not None and (arch.forward or arch.wiring)):
        return
    ending = ".weight"
    shapes = {
        key.removesuffix(ending): array.shape
        for key, array in tensors.arrays.items()
        if key.endswith(ending)
    }
    reason = against_a_chain(shapes)
    if reason is not None:
        raise BadInput(
            "target", source, f"is hardly a chain of its layers ({reason})",
            "say its forward pass: --arch FILE.toml with forward = ..., or [NAME] from, add, "
            "residual; or give the whole network (.onnx, from_module)",
        )  # fmt: skip


def _digest(*values: ArrayLike) -> str:
    digest = hashlib.sha256()
    for each in values:
        # Adding zero turns -0.0 into 0.0, as in the hash of a target.
        digest.update((np.asarray(each, dtype="<f8") + 0.0).tobytes())
    return digest.hexdigest()


def _assumed(tensors: Tensors, arch: Architecture | None, network: Network) -> list[str]:
    """Assumptions about a network of weights that neither file nor architecture settles."""
    if has_description(tensors) or (arch is not None and arch.forward is not None):
        return []
    found: list[str] = []
    if network.depth > 1:
        if (arch is None or not arch.order) and not _only_order(network):
            names = " -> ".join(network.names[:12]) + (" ..." if network.depth > 12 else "")
            found.append(f"layers are called in the order of the keys: {names}")
        if arch is None or not arch.states_activation:
            found.append("relu between the layers, none after the last")
        if arch is None or not arch.wiring:
            found.append("no skips and no branches")
    given = any(key.endswith((".stride", ".padding", ".pool")) for key in tensors.arrays)
    stated = () if arch is None else arch.layers
    plain = [
        name
        for name, weight in zip(network.names, network.weights, strict=True)
        if weight.ndim == 4 and name not in stated
    ]
    if plain and not given:
        names = ", ".join(plain[:12]) + (", ..." if len(plain) > 12 else "")
        found.append(f"convolutions with stride 1, same padding, no pooling: {names}")
    return found


def _only_order(network: Network) -> bool:
    """True if the shapes leave no other order of the layers."""
    shapes = dict(zip(network.names, (w.shape for w in network.weights), strict=True))
    try:
        return forced_order(shapes) == list(network.names)
    except BadInput:
        return False


def check_values(network: Network, x: ArrayLike, y: ArrayLike) -> Agreement:
    """Hold a network against outputs that are known.

    Outputs may differ by the rounding of an evaluation in the arithmetic of `y`'s type (integers
    count as float64).

    Raises
    ------
    BadInput
        If they differ by more; or if that rounding is so large that a constant network would pass.
    """
    outputs = np.asarray(y)
    units = {"float16": 2.0**-11, "float32": 2.0**-24}
    unit = units.get(outputs.dtype.name, 2.0**-53)
    given = checked_floats("check: x", x), checked_floats("check: y", outputs)
    if min(given[0].ndim, given[1].ndim) < 1 or len(given[0]) != len(given[1]):
        shapes = given[0].shape, given[1].shape
        raise BadInput("check", shapes, "must be as many outputs as inputs, one a row")
    inputs, theirs = (each.reshape(len(each), -1) for each in given)
    ours = network.forward(inputs).reshape(len(inputs), -1)
    if ours.shape != theirs.shape:
        raise BadInput("check", theirs.shape, f"must hold outputs of shape {ours.shape}")
    bound = rounding_errors(network, inputs, 2.0**-53) + 2 * rounding_errors(network, inputs, unit)
    constant = (theirs.max(axis=0) + theirs.min(axis=0)) / 2
    if (np.abs(theirs - constant) <= bound).all():
        raise BadInput(
            "check",
            f"{len(inputs)} outputs",
            "differ so little, beside the rounding of their type, that a constant would pass",
            "give outputs computed in float64, at more inputs",
        )
    difference = np.abs(ours - theirs)
    if not (difference <= bound).all():
        row, column = np.unravel_index(int((difference - bound).argmax()), difference.shape)
        raise BadInput(
            "check",
            float(theirs[row, column]),
            f"is output {column} at input {row}, the network as read gives "
            f"{float(ours[row, column])!r}; rounding explains {float(bound[row, column]):.3g}",
            "its layers are called otherwise: see `slt target show`, and give --arch",
        )
    worst = int(difference.argmax())
    return Agreement(len(inputs), float(difference.flat[worst]), float(bound.flat[worst]))


def _given_values(check: Any) -> tuple[ArrayLike, ArrayLike]:
    if isinstance(check, str | PathLike):
        return _values_of(Path(check))
    if not isinstance(check, tuple) or len(check) != 2:
        raise BadInput("check", type(check).__name__, "must be (inputs, outputs) or a file of them")
    return check


def _values_of(path: Path) -> tuple[ArrayLike, ArrayLike]:
    read_bytes(path)
    arrays = read_npz(path).arrays
    if not {"x", "y"} <= set(arrays):
        raise UnreadableFile("check", str(path), "must hold arrays x (inputs) and y (outputs)")
    return arrays["x"], arrays["y"]


def layer_lines(network: Network) -> list[str]:
    """One line a weighted layer: shape, what it takes, and what follows it up to the next."""
    labels = ["input"]
    lines: list[str] = []
    here = 0
    for number, step in enumerate(network.steps):
        value = number + 1
        if isinstance(step, Weigh):
            taken = "" if step.of == here and lines else f" of {labels[step.of]}"
            lines.append(f"{network.names[step.layer]}: {_layer(network, step.layer, taken)}")
            labels.append(network.names[step.layer])
        else:
            text = _step(step, labels)
            if step.of != here or not lines:
                lines.append(f"{labels[step.of]}: {text}")
            else:
                lines[-1] += f", {text}"
            labels.append(labels[step.of] if step.of else f"input {text}")
        here = value
    return lines


def _layer(network: Network, layer: int, taken: str) -> str:
    weight, kind = network.weights[layer], network.kinds[layer].to_dict()
    rest = taken + ("" if network.biases[layer] is None else " + bias")
    out, into = weight.shape[:2]
    if weight.ndim == 2:
        return f"linear {into} -> {out}{rest}"
    if weight.ndim == 3:
        return f"equivariant {into} -> {out}, {weight.shape[2]} elements{rest}"
    kernel = "x".join(map(str, weight.shape[2:]))
    parts = [
        f"{name} {_short(kind[name])}"
        for name, usual in (("stride", [1, 1]), ("padding", [0, 0]), ("dilation", [1, 1]))
        if kind[name] != usual
    ]
    parts += [f"groups {kind['groups']}"] if kind["groups"] > 1 else []
    inside = f" ({', '.join(parts)})" if parts else ""
    return f"convolution {kernel}, {into * kind['groups']} -> {out}{inside}{rest}"


def _short(pair: Sequence[int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else "x".join(map(str, pair))


def _step(step: Any, labels: Sequence[str]) -> str:
    if isinstance(step, Activate):
        return step.activation.name
    if isinstance(step, Pool):
        side = "adaptive" if step.adaptive else str(step.side).replace(" ", "")
        return f"{step.kind} pool {side}"
    if isinstance(step, Add):
        return f"+ {labels[step.skip]}"
    if isinstance(step, Flatten):
        return "flatten"
    assert isinstance(step, Rearrange)
    cut = any(stride != 1 or start for start, stride, *_ in step.cuts)
    padded = any(before or after for *_, before, after in step.cuts)
    moved = step.order != tuple(range(len(step.order)))
    words = [w for w, yes in (("transpose", moved), ("cut", cut), ("pad", padded)) if yes]
    return " and ".join(words) or f"reshape to {'x'.join(map(str, step.result))}"
