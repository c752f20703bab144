"""Attention as people write it, read as the target of attention tickets or refused by name."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

import slt_theory as slt  # noqa: E402
from slt_theory.cli import app  # noqa: E402
from slt_theory.errors import BadInput  # noqa: E402
from slt_theory.networks import Attention, load_attention, save_npz  # noqa: E402
from slt_theory.torch import split_attention  # noqa: E402
from slt_theory.torch.reading import heads  # noqa: E402

EXAMPLE = torch.zeros(1, 5, 8)


class Own(nn.Module):
    """Packed projections around the fused operator."""

    def __init__(self, heads=2, width=3, bias=False, **options):
        super().__init__()
        self.heads, self.options = heads, options
        self.qkv = nn.Linear(8, 3 * heads * width, bias=bias)
        self.out = nn.Linear(heads * width, 8, bias=False)

    def forward(self, x):
        b, t, _ = x.shape
        sides = (s.view(b, t, self.heads, -1).transpose(1, 2) for s in self.qkv(x).chunk(3, -1))
        y = F.scaled_dot_product_attention(*sides, **self.options)
        return self.out(y.transpose(1, 2).reshape(b, t, -1))


class Written(nn.Module):
    """Scores, softmax and product written out; keys are shared by all heads if asked."""

    def __init__(self, heads=2, width=3, shared=False, mask=None):
        super().__init__()
        self.heads, self.width, self.mask = heads, width, mask
        of_keys = 1 if shared else heads
        self.q = nn.Linear(8, heads * width, bias=False)
        self.k, self.v = (nn.Linear(8, of_keys * width, bias=False) for _ in range(2))
        self.out, self.drop = nn.Linear(heads * width, 8, bias=False), nn.Dropout(0.1)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (
            f(x).view(b, t, -1, self.width).transpose(1, 2) for f in (self.q, self.k, self.v)
        )
        scores = q @ k.transpose(-2, -1) / math.sqrt(self.width)
        scores = scores if self.mask is None else scores + self.mask
        y = self.drop(scores.softmax(-1)) @ v
        return self.out(y.transpose(1, 2).reshape(b, t, -1))


class Called(nn.Module):
    """Torch's own attention in a module of one input, with the weights computed beside."""

    def __init__(self, source):
        super().__init__()
        self.source = source

    def forward(self, x):
        x = x if self.source.batch_first else x.transpose(0, 1)
        y, _ = self.source(x, x, x)
        return y if self.source.batch_first else y.transpose(0, 1)


class HeadByHead(nn.Module):
    """Heads as modules of their own, joined by a concatenation."""

    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([Written(1, 2) for _ in range(3)])
        self.out = nn.Linear(24, 6, bias=False)

    def forward(self, x):
        return self.out(torch.cat([part(x) for part in self.parts], -1))


class Branches(nn.Module):
    """Scores used twice, with two temperatures, and weights used twice."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.w = (nn.Linear(8, 3, bias=False) for _ in range(4))
        self.out = nn.Linear(3, 8, bias=False)

    def forward(self, x):
        scores = self.q(x) @ self.k(x).mT
        cold, warm = (scores * 2).softmax(-1), (scores / 3).softmax(-1)
        return self.out(cold @ self.v(x) + warm @ self.v(x) - warm @ self.w(x))


class Adapter(nn.Module):
    """A linear map with one of rank 2 beside it."""

    def __init__(self, source):
        super().__init__()
        self.source = source
        self.down = nn.Linear(source.in_features, 2, bias=False)
        self.up = nn.Linear(2, source.out_features, bias=False)

    def forward(self, x):
        return self.source(x) - 0.5 * self.up(self.down(x))


def adapted():
    module = Own()
    module.qkv, module.out = Adapter(module.qkv), Adapter(module.out)
    return module


class Skip(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Own()

    def forward(self, x):
        return x + self.inner(x)


READ = {
    "torch's own": (lambda: nn.MultiheadAttention(8, 2, bias=False), (2, 8, 4, 8)),
    "batch first": (
        lambda: nn.MultiheadAttention(8, 4, bias=False, batch_first=True),
        (4, 8, 2, 8),
    ),
    "biases of zeros": (lambda: nn.MultiheadAttention(8, 2), (2, 8, 4, 8)),
    "weights beside": (lambda: Called(nn.MultiheadAttention(8, 2, bias=False)), (2, 8, 4, 8)),
    "split": (
        lambda: Called(split_attention(nn.MultiheadAttention(8, 2, bias=False))),
        (2, 8, 4, 8),
    ),
    "fused": (Own, (2, 8, 3, 8)),
    "scale of its own": (lambda: Own(scale=-0.3), (2, 8, 3, 8)),
    "written out": (Written, (2, 8, 3, 8)),
    "keys of all heads": (lambda: Written(shared=True), (2, 8, 3, 8)),
    "head by head": (HeadByHead, (3, 8, 2, 6)),
    "scores and weights used twice": (Branches, (3, 8, 3, 8)),
    "adapters of low rank": (adapted, (2, 8, 3, 8)),
}


def made(name):
    torch.manual_seed(3)
    return READ[name][0]().eval()


@pytest.mark.parametrize("name", READ)
def test_attention_is_read_as_the_target_of_its_tickets(name):
    module = made(name)
    found = slt.from_module(module, EXAMPLE)
    assert isinstance(found, Attention)
    assert (*found.query.shape, found.output.shape[2]) == READ[name][1]
    # The reading itself compared five tokens; another number of them is the same function.
    x = torch.randn(2, 9, 8, dtype=torch.float64)
    given = x if getattr(module, "batch_first", True) else x.transpose(0, 1)
    whole = module.double()
    with torch.no_grad():
        theirs = whole(given, given, given)[0] if hasattr(whole, "in_proj_weight") else whole(given)
    theirs = theirs if getattr(module, "batch_first", True) else theirs.transpose(0, 1)
    ours = np.stack([found.forward(row) for row in x.numpy()])
    # Outputs are below 8; at most 300 roundings stand between tokens and outputs.
    assert np.abs(ours - theirs.numpy()).max() < 300 * 8 * 2.0**-52


def test_the_matrices_are_the_modules_own():
    module = made("torch's own")
    found = slt.from_module(module, EXAMPLE)
    packed = module.in_proj_weight.detach().double().numpy().reshape(3, 2, 4, 8)
    for name, matrix in zip(("query", "key", "value"), packed, strict=True):
        assert np.array_equal(getattr(found, name), matrix.transpose(0, 2, 1))
    out = module.out_proj.weight.detach().double().numpy()
    assert np.array_equal(found.output, out.T.reshape(2, 4, 8))


def biased(part):
    module = nn.MultiheadAttention(8, 2)
    with torch.no_grad():
        rows = {"queries": slice(0, 8), "keys": slice(8, 16), "values": slice(16, 24)}
        if part == "output":
            module.out_proj.bias.fill_(0.5)
        else:
            module.in_proj_bias[rows[part]] = 0.5
    return module


@pytest.mark.parametrize(
    ("make", "says"),
    [
        *(
            (lambda part=part: biased(part), f"{part} with a bias.*no biases")
            for part in ("queries", "keys", "values", "output")
        ),
        (lambda: Own(is_causal=True), "masks tokens.*the certificate .* holds for every mask"),
        (lambda: Own(attn_mask=torch.ones(5, 5, dtype=torch.bool)), "masks tokens"),
        (lambda: Written(mask=torch.triu(torch.ones(5, 5), 1)), "a mask or a bias to scores"),
        (lambda: Own(dropout_p=0.1), "drops at random; pass dropout_p=0.0"),
        (lambda: nn.MultiheadAttention(8, 2, kdim=6, vdim=6), "cross-attention"),
        (lambda: nn.MultiheadAttention(8, 2, bias=False, add_bias_kv=True), "add_bias_kv"),
        (lambda: nn.MultiheadAttention(8, 2, bias=False, add_zero_attn=True), "add_zero_attn"),
        (Skip, "aten.add.Tensor in Skip: adds tokens to mixed values, a skip"),
        (lambda: nn.Sequential(Own(), Own()), "a second layer"),
        (lambda: nn.Sequential(Own(), nn.ReLU()), "aten.relu.default in 1.*stands beside"),
        (lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), "a skip that the target"),
        (
            lambda: nn.Sequential(nn.Linear(8, 8, bias=False), nn.Softmax(-1)),
            "leave a last softmax",
        ),
    ],
)
def test_what_the_target_cannot_express_is_refused_by_name(make, says):
    torch.manual_seed(0)
    with pytest.raises(BadInput, match=says):
        slt.from_module(make(), EXAMPLE)


def test_weights_that_are_returned_are_refused():
    class Both(nn.MultiheadAttention):
        def forward(self, x):
            return super().forward(x, x, x)

    wrapped = nn.Sequential(Both(8, 2, bias=False, batch_first=True))
    with pytest.raises(BadInput, match=r"2 outputs.*need_weights=False"):
        slt.from_module(wrapped, EXAMPLE)


def test_layer_norm_is_refused_with_what_the_theorems_cover():
    with pytest.raises(BadInput) as caught:
        slt.from_module(nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8)), EXAMPLE)
    assert (
        "divides by a statistic of its input, which no theorem here covers: otsuka2026-block and "
        "otsuka2026-transformer hold without normalisation"
    ) in str(caught.value)
    for name in ("otsuka2026-block", "otsuka2026-transformer", "giannou2023-normalisation"):
        assert name in str(caught.value)
        assert "without normalisation" in slt.get(name).title or "normalisation" in name


@pytest.mark.parametrize("place", range(4))
def test_a_slightly_wrong_matrix_is_caught(monkeypatch, place):
    right = heads._matrices

    def wrong(layer, core):
        parts = right(layer, core)
        parts[place] = parts[place].copy()
        parts[place][0, 1, 1] *= 1 + 1e-9
        return parts

    monkeypatch.setattr(heads, "_matrices", wrong)
    with pytest.raises(BadInput, match="rounding does not explain"):
        slt.from_module(made("torch's own"), EXAMPLE)


def test_a_wrong_scale_of_the_scores_is_caught(monkeypatch):
    right = heads.AttentionCore.scaling
    monkeypatch.setattr(
        heads.AttentionCore, "scaling", lambda core, width: right(core, width) * 1.0001
    )
    with pytest.raises(BadInput, match="rounding does not explain"):
        slt.from_module(made("fused"), EXAMPLE)


def test_its_ticket_is_built_and_verified_from_a_file(tmp_path):
    target, ticket = tmp_path / "attention.npz", tmp_path / "a.ticket.npz"
    found = slt.from_module(made("torch's own"), EXAMPLE)
    save_npz(found, target)
    assert load_attention(target).target_hash() == found.target_hash()
    run, theorem = CliRunner(), ["--theorem", "otsuka2026-attention"]
    options = ["--target", str(target), "--eps", "0.05", "--domain", "box:-1,1", "--json"]
    built = run.invoke(app, ["ticket", "build", *options, *theorem, "--out", str(ticket)])
    assert built.exit_code == 0, built.output
    verified = run.invoke(app, ["ticket", "verify", str(ticket), "--target", str(target), "--json"])
    assert verified.exit_code == 0, verified.output
    assert json.loads(verified.output)["ok"]
