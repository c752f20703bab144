"""Self-sparse GAN: a generator whose feature maps pass gates that close channels and positions.

After each deconvolution, h becomes h + a_c p_xy h, with channel coefficients a from the noise and
position coefficients p from the map itself, both behind a ReLU: many are exactly 0. The game is
WGAN-GP: the critic takes five steps for one of the generator.

Source: Qian, Xu, Zuo and Li, "Self-sparse generative adversarial networks" (arXiv 2101.10556), its
abstract; the two coefficients are recalled, how the maps are recombined is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from slt_theory.papers.trained.shared import (
    FULL,
    Arms,
    Beats,
    Check,
    Claim,
    Outcome,
    Paper,
    Rig,
    Run,
    Scale,
    Source,
    all_of,
    control,
    functional,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="qian2021",
    authors="Qian, Xu, Zuo, Li",
    title="Self-sparse generative adversarial networks",
    venue="CAAI Artificial Intelligence Research",
    year=2022,
    arxiv="2101.10556",
)


def gated(maps: Any, channels: Any, positions: Any) -> Any:
    """a_c p_xy h of maps (..., C, h, w), coefficients (..., C) and (..., h, w) before ReLU."""
    return channels.relu()[..., None, None] * positions.relu()[..., None, :, :] * maps


class Gan:
    """Generator from noise to 8x8 images, critic from images to numbers, in one set of tensors.

    Called on images (S, B, 64), with `noise` (S, B, z) and `mix` (S, B, 1) among the tensors, it
    returns what the game is about: mean criticism of made and of real images, and the penalty on
    gradients between them, (S, 3).
    """

    def __init__(self, *, channels: int = 8, noise: int = 16, gates: bool = True) -> None:
        self.channels, self.noise, self.gates = channels, noise, gates
        shapes: dict[str, tuple[int, ...]] = {
            "make.first.weight": (channels * 16, noise),
            "make.middle.weight": (channels, channels, 3, 3),
            "make.last.weight": (1, channels, 3, 3),
            "judge.0.weight": (64, 64),
            "judge.1.weight": (64, 64),
            "judge.2.weight": (1, 64),
        }
        if gates:
            for level in ("one", "two"):
                shapes[f"make.channels.{level}.weight"] = (channels, noise)
                shapes[f"make.positions.{level}.weight"] = (1, channels, 3, 3)
        biases = {f"{n.removesuffix('.weight')}.bias": s[:1] for n, s in shapes.items()}
        self.shapes: training.Shapes = shapes | biases

    def _passed(self, tensors: training.Tensors, level: str, maps: torch.Tensor) -> torch.Tensor:
        """Maps (B, S * C, h, w) with their gated part added."""
        if not self.gates:
            return maps
        stack = tensors["noise"].shape[0]
        channels = training.dense(tensors, f"make.channels.{level}", tensors["noise"]).transpose(
            0, 1
        )
        positions = training.convolve(tensors, f"make.positions.{level}", maps)
        apart = maps.reshape(len(maps), stack, self.channels, *maps.shape[2:])
        added: torch.Tensor = apart + gated(apart, channels, positions)
        return added.flatten(1, 2)

    def make(self, tensors: training.Tensors) -> torch.Tensor:
        """Images (S, B, 64) in [0, 1] from the noise."""
        first = training.dense(tensors, "make.first", tensors["noise"])
        stack, count = first.shape[:2]
        maps = first.transpose(0, 1).reshape(count, stack * self.channels, 4, 4)
        maps = self._passed(tensors, "one", maps).relu()
        # A deconvolution: each pixel becomes four, then a convolution.
        maps = training.convolve(
            tensors, "make.middle", functional.interpolate(maps, scale_factor=2)
        )
        maps = self._passed(tensors, "two", maps).relu()
        images = training.convolve(tensors, "make.last", maps).sigmoid()
        return images.flatten(2).transpose(0, 1)

    def judge(self, tensors: training.Tensors, images: torch.Tensor) -> torch.Tensor:
        """Criticism (S, B) of images (S, B, 64)."""
        value = training.dense(tensors, "judge.0", images).relu()
        value = training.dense(tensors, "judge.1", value).relu()
        return training.dense(tensors, "judge.2", value)[:, :, 0]

    def __call__(self, tensors: training.Tensors, inputs: torch.Tensor) -> torch.Tensor:
        made = self.make(tensors)
        between = (tensors["mix"] * inputs + (1 - tensors["mix"]) * made).detach().requires_grad_()
        score = self.judge(tensors, between).sum()
        (slopes,) = torch.autograd.grad(score, between, create_graph=True)
        penalty = (slopes.square().sum(2).sqrt() - 1).square()
        parts = (self.judge(tensors, made), self.judge(tensors, inputs), penalty)
        return torch.stack([part.mean(1) for part in parts], dim=1)


class Game:
    """Whose turn it is: `effective` and `loss` of one run of the training loop.

    The side whose turn it is not is held fixed, so that its numbers get no gradient and its
    optimiser does not move. Another `copy` has other noise.
    """

    def __init__(
        self, gan: Gan, draws: training.Draws, batch: int, *, turns: int = 5, copy: int = 0
    ) -> None:
        self.gan, self.draws, self.batch, self.turns, self.copy = gan, draws, batch, turns, copy
        self.step = 0

    @property
    def side(self) -> str:
        """Prefix of the tensors whose turn it is."""
        return "judge." if self.step % (self.turns + 1) else "make."

    def lots(self, index: int, count: int) -> training.Tensors:
        """Noise in [-1, 1] and a place in [0, 1] between two images; `index` below 2^16."""
        shape = (count, self.gan.noise + 1)
        lots = self.draws.uniform(training.Use.DATA, self.copy << 16 | index, shape).float()
        return {"noise": lots[:, :, 1:], "mix": (lots[:, :, :1] + 1) / 2}

    def effective(self, variables: training.Tensors) -> training.Tensors:
        """Tensors of a step: the other side without gradient, and fresh noise."""
        self.step += 1
        fixed = {n: v if n.startswith(self.side) else v.detach() for n, v in variables.items()}
        return {**fixed, **self.lots(self.step, self.batch)}

    def loss(self, outputs: torch.Tensor, batch: training.Batch) -> torch.Tensor:
        """Loss of the side whose turn it is (S,)."""
        made, real, penalty = outputs.unbind(1)
        return -made if self.side == "make." else made - real + 10 * penalty


#: What a minute allows: three arms of 24 generators, 160 steps each, 800 of their critics.
STEPS, BATCH = 960, 32
MADE = 500


@cache
def digits_rig(seed: int, size: Scale) -> Rig:
    """The rig with the steps of the game."""
    recipe = training.Recipe(steps=STEPS, batch=BATCH, method="adam", rate=1e-3)
    return rig(seed, size, recipe=recipe)


@cache
def images(
    seed: int, size: Scale, *, gates: bool, trained: bool = True, copy: int = 0
) -> torch.Tensor:
    """Images that the generators make of fresh noise: (S, 500, 64)."""
    r, gan = digits_rig(seed, size), Gan(gates=gates)
    game = Game(gan, r.draws, BATCH, copy=copy)
    tensors = training.initial(gan, r.draws, law="glorot-normal", copy=copy)
    if trained:
        fitted = training.fit(
            gan,
            tensors,
            r.task,
            r.recipe,
            draws=r.draws,
            effective=game.effective,
            loss=game.loss,
            copy=copy,
        )
        tensors = fitted.variables
    with torch.no_grad():
        return gan.make({**tensors, **game.lots(STEPS + 1, MADE)})


@cache
def discrepancy(
    seed: int, size: Scale, *, gates: bool, trained: bool = True, copy: int = 0
) -> list[float]:
    """Of made and held-out digits; the kernel's width is the median over training digits."""
    r = digits_rig(seed, size)
    made = images(seed, size, gates=gates, trained=trained, copy=copy).double()
    real, known = (r.task.inputs[r.task.part(p)].double() for p in ("test", "train"))
    width = float(_squares(known[:1, :500], known[:1, 500:]).median())
    return mmd(made, real, width)


def mmd(made: torch.Tensor, real: torch.Tensor, width: float) -> list[float]:
    """Unbiased squared maximum mean discrepancy of samples (S, n, d) and (S, n', d).

    Kernel exp(-|x - y|^2 / width). It is not FID, which needs a network trained on photographs.
    """

    def kernel(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        return (-_squares(first, second) / width).exp().sum((1, 2))

    def own(points: torch.Tensor) -> torch.Tensor:
        count = points.shape[1]
        return (kernel(points, points) - count) / (count * (count - 1))

    across = kernel(made, real) / (made.shape[1] * real.shape[1])
    return [float(value) for value in own(made) + own(real) - 2 * across]


def _squares(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    norms = first.square().sum(2)[:, :, None] + second.square().sum(2)[:, None, :]
    return (norms - 2 * first @ second.mT).clamp(min=0)


def closed(
    seed: int, size: Scale = FULL, *, gate: Callable[[Any, Any, Any], Any] = gated
) -> Outcome:
    """Closed gates add exactly nothing and get no gradient; open ones get all of theirs.

    On small integers float64 is exact, values and gradients.
    """
    members, failures = training.draws(seed, size.replicates), []
    shapes = {"maps": (8, 8, 8), "channels": (8,), "positions": (8, 8), "slopes": (8, 8, 8)}
    numbers: training.Tensors = {
        name: (members.below(9, training.Use.DATA, k, shape) - 4).double().requires_grad_()
        for k, (name, shape) in enumerate(shapes.items())
    }
    maps, channels, positions, slopes = numbers.values()
    found = gate(maps, channels, positions)
    gradients = torch.autograd.grad((found * slopes.detach()).sum(), [maps, channels, positions])
    with torch.no_grad():
        a, p = channels.clamp(min=0)[:, :, None, None], positions.clamp(min=0)[:, None]
        product = slopes * maps
        expected = {
            "values": (found, a * p * maps),
            "gradient of maps": (gradients[0], a * p * slopes),
            "gradient of channels": (gradients[1], (product * p).sum((2, 3)) * (channels > 0)),
            "gradient of positions": (gradients[2], (product * a).sum(1) * (positions > 0)),
        }
    for name, (left, right) in expected.items():
        wrong = (left != right).flatten(1).any(1).nonzero().flatten().tolist()
        failures += [f"{name} of replicate {k}" for k in wrong]
    return all_of(failures, len(expected) * len(members), "as in integers, closed gates exactly 0")


def _softened(maps: Any, channels: Any, positions: Any) -> Any:
    """Mutant: softplus in place of ReLU, which never closes."""
    smooth = functional.softplus
    return smooth(channels)[..., None, None] * smooth(positions)[..., None, :, :] * maps


IMAGES = Arms(
    Run,
    {
        "gated": lambda run: [-v for v in discrepancy(*run, gates=True)],
        "plain": lambda run: [-v for v in discrepancy(*run, gates=False)],
        "other plain": lambda run: [-v for v in discrepancy(*run, gates=False, copy=1)],
        # Planted error.
        "gated but not trained": lambda run: [
            -v for v in discrepancy(*run, gates=True, trained=False)
        ],
    },
    what="minus MMD^2 of digits, {first} over {second}",
)


ENTRIES = (
    Claim(
        id="qian2021-gates",
        title="Gates behind a ReLU close channels and positions exactly",
        family="probabilistic and biological",
        source=Source(PAPER, "abstract: sparsity decomposition", "arXiv", "recalled-low"),
        statement="A feature map times channel and position coefficients behind a ReLU is exactly "
        "0 wherever one of them is, and gradients pass where both are open.",
        paper_scope="any generator with the module after its deconvolutions",
        test_scope="maps, coefficients and gradients in integers, 24 replicates",
        exact=True,
        checks=(
            Check("closed", "values and gradients as in integers", closed),
            mutant("softened", "softplus in place of ReLU", partial(closed, gate=_softened)),
        ),
    ),
    Claim(
        id="qian2021-images",
        title="A generator with sparse feature maps makes better images",
        family="probabilistic and biological",
        source=Source(PAPER, "abstract: FID against WGAN-GP", "arXiv", "read"),
        statement="With the gates after every deconvolution, WGAN-GP makes images nearer to the "
        "data after equally many steps.",
        paper_scope="deconvolutional generators on MNIST to LSUN, FID 5 to 22 per cent lower",
        test_scope="8x8 digits, eight channels, 160 steps of the generator beside 800 of the "
        "critic, 24 replicates; squared maximum mean discrepancy of 500 images, which is not FID",
        not_claimed=(
            "that it lasts: what is seen is an early lead, about what a minute on one core shows; "
            "after 200 steps twelve replicates saw no difference",
            "equal numbers of weights: the gates have some of their own",
        ),
        checks=(
            Check(
                "better images",
                "smaller discrepancy than the plain generator",
                Beats(IMAGES, "gated", "plain"),
            ),
            control(
                "plain against plain",
                Beats(
                    IMAGES, "plain", "other plain", what="minus MMD^2 of digits, plain over plain"
                ),
            ),
            mutant(
                "untrained",
                "the generator with gates stays as drawn",
                Beats(IMAGES, "gated but not trained", "plain"),
            ),
        ),
    ),
)
