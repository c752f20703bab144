"""Random small networks and requests: every kind of layer, step, activation, construction, domain.

A case is drawn from its seed alone. Half of the cases end in a residual sum whose skip has copies:
there one copy meets the mean of all, which is where a bound is most easily wrong.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks import Network, from_layers
from slt_theory.networks.layers import (
    ActivationLayer,
    ConvolutionLayer,
    EquivariantLayer,
    FlattenLayer,
    LinearLayer,
    PoolLayer,
    Residual,
)
from slt_theory.networks.steps import Flatten, Pool, Rearrange

COPIED = ("burkholz2022-depth", "gadhikar2023-network", "otsuka2024-frozen-network")
CONVOLUTION = (
    "burkholz2022b-conv-residual",
    "dacunha2022-cnn",
    "dacunha2022-direct",
    "dacunha2023b-structured",
)
PLAIN = (
    "pensia2020-two-layer",
    "pensia2020-direct",
    "malach2020-weights",
    "fischer2021-biases",
    "natale2024-network",
    "orseau2020-hyperbolic",
    "diffenderfer2021-binary",
    "sreenivasan2022-binary",
    "xiong2023-perturbation",
    "chijiwa2021-redraws",
    "kumar2025-quantised",
    "kumar2025-shallow",
)
EQUIVARIANT = "ferbach2023-equivariant"
DOMAINS = ("box:0,1", "box:0,1", "box:-1,1", "ball:1.5", "box:-0.3,2", "box:1,3", "box:-1000,1000")
MANY = {0.05: 1.0, 0.1: 0.85, 0.2: 0.7}
"""How many numbers an error takes, 1 for 0.05."""
BASES = {"cyclic:3": (3, 3), "permutations:3": (3, 2), "rotations:2": (4, 4)}
"""Sites and elements of small bases."""


@dataclass(frozen=True)
class Case:
    """A target, and what to ask for it.

    Attributes
    ----------
    pair : int
        Numbers offered to the half-sums of the pair that makes copies, where there is one.
    """

    seed: int
    target: Network
    options: dict[str, Any]
    pair: int = 0

    @property
    def theorem(self) -> str:
        return str(self.options["theorem"])

    @property
    def activation(self) -> str:
        kinds = [s.activation.kind for s in self.target.steps if type(s).__name__ == "Activate"]
        return next((k for k in kinds if k != "relu"), "relu")


def draw(seed: int) -> Case:
    rng = random.Random(seed)
    if rng.random() < 0.5:
        return _summed(rng, seed)
    kinds = [*COPIED, *CONVOLUTION, *PLAIN, EQUIVARIANT]
    theorem = rng.choice(kinds)
    domain = rng.choice(DOMAINS)
    target = _target(rng, theorem)
    options = {"seed": seed, "domain": domain, **_options(rng, theorem)}
    return Case(seed, target, options, _pair(options))


def _pair(options: dict[str, Any]) -> int:
    """What half-sums need: the less of the source there is, the more."""
    share = {"gadhikar2023-network": 5.5}.get(options["theorem"], 1.0)
    share *= 1.6 if options.get("prune") else 1.0
    return round(58 * MANY[options["eps"]] * share)


def _summed(rng: random.Random, seed: int) -> Case:
    """Several inputs, few neurons, an identity skip at the end: errors of inputs cancel in the
    relaxation, so that it is tighter than intervals, and what it forgets shows."""
    theorem = rng.choice([*COPIED, "burkholz2022b-conv-residual"])
    width, inputs = rng.choice((1, 1, 2)), rng.randint(2, 6)
    signs = rng.choice(((0.2, 1), (0.2, 1), (-1, 1)))
    if theorem in COPIED:
        layers = [
            LinearLayer(_numbers(rng, (width, inputs), *signs)),
            ActivationLayer(),
            Residual([LinearLayer(_numbers(rng, (width, width)), _bias(rng, width))]),
        ]
        shape: tuple[int, ...] = (inputs,)
    else:
        layers = [
            ConvolutionLayer(_numbers(rng, (1, 1, 2, 2), *signs), padding=rng.choice((0, 1))),
            ActivationLayer(),
            Residual([ConvolutionLayer(_numbers(rng, (1, 1, 1, 1)))]),
        ]
        shape = (1, 2, rng.choice((2, 3)))
    if rng.random() < 0.2:
        layers.append(ActivationLayer())
    domain = rng.choice(("box:0,1", "box:0,1", "box:0,1", "box:0,3", "box:-1,1"))
    options = {"seed": seed, "domain": domain, **_options(rng, theorem)}
    return Case(seed, from_layers(layers, input_shape=shape), options, _pair(options))


def _numbers(
    rng: random.Random, shape: tuple[int, ...], low: float = -1, high: float = 1
) -> np.ndarray:
    """Multiples of 2^-20, of 2^-60 now and then, with some zeros."""
    bits = rng.choice((20, 20, 20, 60))
    count = int(np.prod(shape))
    values = [round(rng.uniform(low, high) * 2**bits) / 2**bits for _ in range(count)]
    return np.array([0.0 if rng.random() < 0.05 else v for v in values]).reshape(shape)


def _bias(rng: random.Random, count: int) -> np.ndarray | None:
    return _numbers(rng, (count,)) if rng.random() < 0.6 else None


def _options(rng: random.Random, theorem: str) -> dict[str, Any]:
    """An error, and numbers offered such that most tickets are complete and builds are quick."""
    eps = rng.choice((0.05, 0.05, 0.1, 0.2))
    extra = {"signs": rng.choice(("both", "needed"))}
    many = MANY[eps]
    n: int | None = round(58 * many)
    if theorem in (*COPIED, "burkholz2022b-conv-residual"):
        n = round(rng.choice((26, 29, 32)) * many)
    if theorem in ("pensia2020-direct", "dacunha2022-direct"):
        n = round(20 * many)
    if theorem == "gadhikar2023-network":
        extra["density"], n = 0.5, round(66 * many)
    if theorem == "otsuka2024-frozen-network":
        extra["prune"], extra["lock"] = rng.choice(((0, 0), (0.2, 0), (0.2, 0.2)))
        n = None if extra["lock"] else n
    if theorem == "natale2024-network":
        extra["size"], n = 4, 60
    if theorem == "malach2020-weights":
        n = round(24 / eps**1.2)
    if theorem == "orseau2020-hyperbolic":
        n = 260
    if theorem == "fischer2021-biases":
        extra["law"] = rng.choice(("uniform", "normal"))
    if theorem == "xiong2023-perturbation":
        extra["move"] = Fraction(1, 10)
    if theorem == "kumar2025-quantised":
        n = 80
    if theorem in (
        "diffenderfer2021-binary",
        "sreenivasan2022-binary",
        "chijiwa2021-redraws",
        "dacunha2023b-structured",
    ):
        n = None
    given = {} if n is None else {"n": n}
    return {"theorem": theorem, "eps": eps, "threads": 1, **given, **extra}


def _target(rng: random.Random, theorem: str) -> Network:
    activation = _activation(rng, theorem)
    if theorem == EQUIVARIANT:
        name = rng.choice(list(BASES))
        sites, elements = BASES[name]
        width = rng.randint(1, 2)
        return from_layers(
            [
                EquivariantLayer(_numbers(rng, (width, 1, elements)), name, _bias(rng, width)),
                ActivationLayer(activation),
                EquivariantLayer(_numbers(rng, (1, width, elements)), name),
            ],
            input_shape=(1, sites),
        )
    if theorem in CONVOLUTION or (theorem in (*COPIED, *PLAIN[:4]) and rng.random() < 0.25):
        return _varied(rng, _image(rng, activation, theorem))
    return _dense(rng, activation, theorem)


def _activation(rng: random.Random, theorem: str) -> str:
    if theorem == "burkholz2022-depth":
        return rng.choice(("relu", "identity", "leaky_relu(0.25)", "tanh", "tanh"))
    if theorem == "pensia2020-direct":
        return rng.choice(
            ("relu", "identity", "leaky_relu(0.1)", "tanh", "sigmoid", "gelu", "gelu_tanh", "silu")
        )
    return rng.choice(("relu", "relu", "relu", "identity"))


def _dense(rng: random.Random, activation: str, theorem: str) -> Network:
    inputs, width = rng.randint(1, 4), rng.randint(1, 3)
    layers: list[Any] = [
        LinearLayer(_numbers(rng, (width, inputs)), _bias(rng, width)),
        ActivationLayer(activation),
    ]
    if rng.random() < 0.4:
        layers += [_residual(rng, width, activation, shortcut=theorem not in COPIED)]
    if rng.random() < 0.7:
        layers += [LinearLayer(_numbers(rng, (rng.randint(1, 2), width)), None)]
    if rng.random() < 0.2:
        layers += [ActivationLayer(activation)]
    return from_layers(layers, input_shape=(inputs,))


def _residual(rng: random.Random, width: int, activation: str, *, shortcut: bool) -> Residual:
    body: list[Any] = [LinearLayer(_numbers(rng, (width, width)), _bias(rng, width))]
    if rng.random() < 0.4:
        body += [ActivationLayer(activation), LinearLayer(_numbers(rng, (width, width)))]
    projected = rng.random() < 0.4 and shortcut
    return Residual(body, [LinearLayer(_numbers(rng, (width, width)))] if projected else [])


def _image(rng: random.Random, activation: str, theorem: str) -> Network:
    groups = rng.choice((1, 1, 2)) if theorem != "dacunha2023b-structured" else 1
    side, kernel = rng.choice((2, 3)), rng.choice((1, 2, 3))
    kernel = min(kernel, 2) if theorem == "dacunha2023b-structured" else kernel
    dilation = rng.choice((1, 1, 2)) if side > kernel else 1
    padding = rng.choice((0, dilation * (kernel // 2))) if side >= kernel else kernel // 2
    # A constant reaches a kernel through a tap that never meets the padding.
    carried = padding == 0 or kernel == 3
    layers: list[Any] = [
        ConvolutionLayer(
            _numbers(rng, (groups, 1, kernel, kernel)),
            _bias(rng, groups) if carried else None,
            stride=rng.choice((1, 1, 2)),
            padding=padding,
            dilation=dilation,
            groups=groups,
        ),
        ActivationLayer(activation),
    ]
    if rng.random() < 0.5:
        layers.append(PoolLayer(rng.choice(("max", "average")), 2, 1, 1))
    if rng.random() < 0.6:
        body = ConvolutionLayer(_numbers(rng, (groups, groups, 1, 1)), _bias(rng, groups))
        layers.append(Residual([body]))
    if rng.random() < 0.3:
        layers += [ActivationLayer(activation), PoolLayer("average", 2, 1, 1)]
    if rng.random() < 0.4 or len(layers) == 2:
        layers.append(ConvolutionLayer(_numbers(rng, (1, groups, 1, 1))))
    if rng.random() < 0.3:
        layers.append(FlattenLayer())
    return from_layers(layers, input_shape=(groups, side, side))


def _varied(rng: random.Random, target: Network) -> Network:
    """Some pools and flattenings as frameworks have them: uneven, clipped, other orders."""
    steps = list(target.steps)
    for number, step in enumerate(steps):
        if rng.random() < 0.5:
            continue
        shape = target.shapes_of_values[step.of]
        if isinstance(step, Pool):
            changes = rng.choice(
                (
                    {"side": (1, 2), "padding": (0, 1)},
                    {"stride": 2, "ceil": True},
                    {"count_padding": False},
                    {"side": 1, "stride": 1, "padding": 0, "adaptive": True},
                    {"padding": (0, 1, 1, 0)},
                )
            )
            steps[number] = replace(step, **changes)
        if isinstance(step, Flatten) and len(shape) == 3:
            cuts = tuple((side - 1, -1, side, 0, 0) for side in (shape[1], shape[2], shape[0]))
            size = int(np.prod(shape))
            steps[number] = Rearrange(step.of, (1, 2, 0), cuts, (size,))
    try:
        return replace(target, path=tuple(steps))
    except BadInput:
        # What follows does not take the new shape.
        return target
