"""Transformers without normalisation as people write them, read as targets or refused by name."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

import slt_theory as slt  # noqa: E402
from slt_theory.errors import BadInput  # noqa: E402
from slt_theory.networks import PlainTransformer, load_attention, save_npz  # noqa: E402
from slt_theory.tickets import verify  # noqa: E402
from slt_theory.torch.reading import heads, transformer  # noqa: E402

WIDTH, TOKENS = 6, 5
EXAMPLE = torch.zeros(1, TOKENS, WIDTH)


def connected(*, bias=True, hidden=(7,), activation=nn.ReLU):
    """Linear maps with an activation between them, of each token."""
    sides = (WIDTH, *hidden, WIDTH)
    layers = [nn.Linear(a, b, bias=bias) for a, b in pairwise(sides)]
    return nn.Sequential(*(part for one in layers for part in (one, activation())))[:-1]


class Packed(nn.Module):
    """`nn.MultiheadAttention` of one sequence."""

    def __init__(self, *, first=True, bias=False):
        super().__init__()
        self.first = first
        self.inner = nn.MultiheadAttention(WIDTH, 2, bias=bias, batch_first=first, dropout=0.1)
        if bias:  # which starts at 0, as if there were none
            nn.init.ones_(self.inner.in_proj_bias)

    def forward(self, x):
        x = x if self.first else x.transpose(0, 1)
        y = self.inner(x, x, x, need_weights=False)[0]
        return y if self.first else y.transpose(0, 1)


class Own(nn.Module):
    """Projections of its own around scores and softmax written out."""

    def __init__(self, heads=3, width=2):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = (nn.Linear(WIDTH, heads * width, bias=False) for _ in range(3))
        self.out = nn.Linear(heads * width, WIDTH, bias=False)

    def forward(self, x):
        q, k, v = (f(x).unflatten(-1, (self.heads, -1)).mT.mT for f in (self.q, self.k, self.v))
        q, k, v = (side.transpose(1, 2) for side in (q, k, v))
        weights = torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1)
        return self.out((weights @ v).transpose(1, 2).flatten(2))


class Block(nn.Module):
    """z = x + Attn(x), y = z + F(z), with dropout where people put it."""

    def __init__(self, attention, part, *, dropout=0.0):
        super().__init__()
        self.attention, self.part, self.drop = attention, part, nn.Dropout(dropout)

    def forward(self, x):
        z = x + self.drop(self.attention(x))
        return self.drop(self.part(z)) + z


class InPlace(Block):
    """The same, added in place after a copy."""

    def forward(self, x):
        x = x.clone()
        x += self.attention(x)
        x += F.relu(x @ self.part[0].weight.mT) @ self.part[2].weight.mT
        return x


MODULES = {
    "two blocks": lambda: [Block(Packed(), connected()) for _ in range(2)],
    "one block": lambda: [Block(Packed(), connected())],
    "three blocks, own projections": lambda: [Block(Own(), connected()) for _ in range(3)],
    "tokens first inside": lambda: [Block(Packed(first=False), connected()) for _ in range(2)],
    "no biases": lambda: [Block(Own(), connected(bias=False)) for _ in range(2)],
    "three layers": lambda: [Block(Own(), connected(hidden=(8, 9))), Block(Packed(), connected())],
    "one layer": lambda: [Block(Own(), connected(hidden=())) for _ in range(2)],
    "dropout": lambda: [Block(Packed(), connected(), dropout=0.2) for _ in range(2)],
    "in place": lambda: [InPlace(Own(), connected(bias=False)) for _ in range(2)],
}


def made(name):
    torch.manual_seed(7)
    return nn.Sequential(*MODULES[name]())


@pytest.mark.parametrize("name", MODULES)
def test_blocks_are_read_as_the_target_of_their_tickets(name):
    module = made(name)
    target = slt.from_module(module, EXAMPLE)
    assert isinstance(target, PlainTransformer)
    assert len(target.blocks) == len(module)
    whole = module.double().eval()
    for tokens in (1, TOKENS, 11):
        x = torch.randn(2, tokens, WIDTH, dtype=torch.float64)
        ours = np.stack([target.forward(one) for one in x.numpy()])
        # A double's rounding, many times over: a wrong weight, axis or skip is off by far more.
        np.testing.assert_allclose(ours, whole(x).detach().numpy(), atol=1e-12, rtol=0)


def test_its_numbers_are_the_modules_own():
    module = made("three layers")
    target = slt.from_module(module, EXAMPLE)
    for block, (_, part) in zip(module, target.blocks, strict=True):
        layers = [layer for layer in block.part if isinstance(layer, nn.Linear)]
        for layer, weight, bias in zip(layers, part.weights, part.biases, strict=True):
            np.testing.assert_array_equal(weight, layer.weight.detach().double().numpy())
            np.testing.assert_array_equal(bias, layer.bias.detach().double().numpy())


class Scaled(Block):
    def forward(self, x):
        z = torch.add(x, self.attention(x), alpha=0.5)
        return z + self.part(z)


class Straight(Block):
    """A path from the input around both sums."""

    def forward(self, x):
        return super().forward(x) + x


class Mixing(nn.Module):
    """Adds the mean of all tokens, which is no map of each token."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(TOKENS, TOKENS, bias=False)

    def forward(self, x):
        return self.inner(x.transpose(1, 2)).transpose(1, 2)


class Normed(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.norm, self.inner = nn.LayerNorm(WIDTH), inner

    def forward(self, x):
        return self.inner(self.norm(x))


REFUSED = {
    "layer norm before an attention": (lambda: Block(Normed(Packed()), connected()), "layer_norm"),
    "layer norm before a network": (lambda: Block(Packed(), Normed(connected())), "layer_norm"),
    "another activation": (lambda: Block(Packed(), connected(activation=nn.GELU)), "gelu"),
    "biases in an attention": (lambda: Block(Packed(bias=True), connected()), "bias"),
    "the network first": (lambda: Block(connected(), Packed()), "no sequence of blocks"),
    "two attentions": (lambda: Block(Packed(), Own()), "no sequence of blocks"),
    "a scaled sum": (lambda: Scaled(Packed(), connected()), "skip"),
    "a path around": (lambda: Straight(Packed(), connected()), "skip"),
    "a map across tokens": (lambda: Block(Packed(), Mixing()), "rounding does not explain"),
    "masks at random": (
        lambda: Block(Packed(), nn.Sequential(*connected(), _Always())),
        "dropout",
    ),
}


class _Always(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, training=True)


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_block_holds_is_refused_by_name(name):
    make, says = REFUSED[name]
    with pytest.raises(BadInput, match=says):
        slt.from_module(make(), EXAMPLE)


@pytest.mark.parametrize("place", ["weights", "biases"])
def test_a_slightly_wrong_layer_is_caught(monkeypatch, place):
    right = transformer._Connected._layer

    def wrong(self, start, goal):
        weight, bias = right(self, start, goal)
        if place == "weights":
            return weight * (1 + 2.0**-40), bias
        return weight, bias * (1 + 2.0**-40)

    monkeypatch.setattr(transformer._Connected, "_layer", wrong)
    with pytest.raises(BadInput, match="rounding does not explain"):
        slt.from_module(made("two blocks"), EXAMPLE)


def test_a_block_in_another_order_is_caught_by_the_whole(monkeypatch):
    right = PlainTransformer.forward
    monkeypatch.setattr(
        PlainTransformer,
        "forward",
        lambda self, x, mask=None: right(PlainTransformer(self.blocks[::-1]), x, mask=mask),
    )
    with pytest.raises(BadInput, match="outputs"):
        slt.from_module(made("two blocks"), EXAMPLE)


def test_errors_are_bounded_where_tokens_are_known_up_to_a_radius():
    """Random moves of the tokens: no part moves its outputs by more than its bound."""
    from slt_theory.torch.reading.exported import evaluated, exported
    from slt_theory.torch.reading.flow import Flow

    module = evaluated(made("two blocks"))
    parts = transformer.parts_of_stream(Flow(exported(module, (1, TOKENS, WIDTH))))
    target = slt.from_module(made("two blocks"), EXAMPLE)
    generator = torch.Generator().manual_seed(3)
    for part, ours, bound in zip(
        parts, transformer._parts(target), transformer._bounds(parts, target), strict=True
    ):
        for radius in (0.0, 1e-6, 1e-2):
            x = torch.randn(1, TOKENS, WIDTH, generator=generator, dtype=torch.float64)
            move = radius * (2 * torch.rand(x.shape, generator=generator) - 1).double()
            theirs = part.run({part.input: x}, part.output())
            most = bound(x, torch.full_like(x, radius))
            assert (
                np.abs(ours((x + move)[0].numpy()) - theirs[0].numpy()) <= most[0].numpy()
            ).all()
    assert heads.AttentionGraph.of(parts[0]).errors(x).max() < 1e-11


def test_its_ticket_is_built_from_the_module(tmp_path):
    torch.manual_seed(1)
    module = nn.Sequential(*(Block(Own(1, 1), connected(hidden=(2,))) for _ in range(2)))
    with torch.no_grad():
        for value in module.parameters():
            value *= 0.5
    path = tmp_path / "transformer.npz"
    save_npz(slt.from_module(module, EXAMPLE), path)
    target = load_attention(path)
    ticket = slt.build_ticket(
        target, theorem="otsuka2026-transformer", eps=Fraction(1, 4), domain="ball:1", seed=1
    )
    assert verify(ticket, target).ok
