"""Masked modules: the numpy ticket's masks, outputs, files and state; wiring; bad input."""

from __future__ import annotations

import copy
import io
import json
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from modules import digits_cnn, digits_mlp, rounding
from torch import nn
from torch.nn.utils import prune
from typer.testing import CliRunner

import slt_theory as slt
from slt_theory.cli import app
from slt_theory.data import shipped_path
from slt_theory.errors import BadInput, NeedsMemory
from slt_theory.papers.pensia2020 import TwoLayer
from slt_theory.tickets import ticket_forward
from slt_theory.tickets.building.request import BuildSettings
from slt_theory.torch import (
    build_ticket,
    dense_target,
    export_ticket,
    import_ticket,
    masked_layers,
    restore,
    split_attention,
    summary,
)
from slt_theory.torch.attention import SplitAttention

TARGETS = {"mlp": (digits_mlp, 92), "cnn": (digits_cnn, 82)}


@pytest.fixture(scope="module", params=TARGETS)
def built(request):
    """(target, module, numpy ticket, masked module) for one seed, eps and n."""
    make, n = TARGETS[request.param]
    target, module = make()
    # Without its certificate, which the export makes.
    request = TwoLayer().request(target, BuildSettings(eps=0.01, seed=7, n=n))
    ticket = TwoLayer().build(request)
    return target, module, ticket, build_ticket(module, eps=0.01, seed=7, n=n, kernel="plain")


def images(target, count=40, lo=-1.0) -> torch.Tensor:
    """Inputs that float32 holds exactly, negative ones too."""
    x = np.random.default_rng(1).uniform(lo, 1, (count, *target.shape_in)).astype(np.float32)
    return torch.from_numpy(x)


def test_the_exported_ticket_is_the_numpy_ticket(built, tmp_path):
    target, _, ticket, masked = built
    exported = export_ticket(masked, target)
    assert exported.header() == ticket.header()
    for mine, theirs in zip(exported.masks, ticket.masks, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))
    assert exported.certificate["max_weight_error"] <= 0.01
    assert exported.certificate["weights"] == target.parameters
    if target.depth == 2:
        path = tmp_path / "torch.npz"
        slt.write_ticket(exported, path)
        arguments = ["ticket", "verify", path, "--target", shipped_path("digits_mlp"), "--json"]
        answer = CliRunner().invoke(app, [str(a) for a in arguments])
        assert answer.exit_code == 0, answer.output
        assert json.loads(answer.stdout)["ok"]
    counts = summary(masked)
    assert counts["weights"] == target.parameters
    assert counts["kept"] == ticket.kept
    assert counts["source_weights"] == ticket.source_weights
    assert counts["complete"] == ticket.complete
    assert counts["other_parameters"] == 0


def test_outputs_equal_those_of_the_numpy_ticket_to_rounding(built):
    target, _, ticket, masked = built
    x = images(target).double()
    exact = copy.deepcopy(masked).double()
    y = exact(x)
    bound = rounding(exact, x)
    gap = (y - torch.from_numpy(ticket_forward(ticket, x.numpy()))).abs()
    assert bool((gap <= 2 * bound).all())
    # The bound is no blank cheque: one kept weight less is too much.
    last = list(masked_layers(exact).values())[-1]
    row = int(np.abs(target.biases[-1]).argmax())
    begin = 2 * last.block.inputs * last.block.n // 8 + 1  # the constant input is never 0
    byte = begin + int(torch.nonzero(last.out_mask[row, begin:])[0])
    last.out_mask[row, byte] &= last.out_mask[row, byte] - 1
    last.set_extra_state(last.get_extra_state())
    assert bool(((exact(x) - y).abs() > 2 * bound)[:, row].all())


def test_single_precision_stays_within_its_rounding(built):
    target, _, _, masked = built
    if target.depth > 2:
        return  # fast convolutions in float32 do not sum products one by one
    x = images(target)
    exact = copy.deepcopy(masked).double()
    gap = (masked(x).double() - exact(x.double())).abs()
    bound = rounding(exact, x.double(), 2.0**-24) + rounding(exact, x.double())
    assert bool((gap <= bound).all())


def test_the_layers_are_masked_random_networks(built):
    """The two random layers, run as they are, give what the slopes give."""
    _, _, _, masked = built
    layer = next(iter(masked_layers(copy.deepcopy(masked).double()).values()))
    inner, outer = layer.source()
    assert bool((torch.count_nonzero(inner, 1) <= 1).all())
    exact = layer.sums().double() * 2.0 ** (layer.block.scale_exponent - 48)
    # Powers of two times integers below 2**53: these products and their sums are exact.
    assert torch.equal(outer @ inner.clamp(min=0), exact[..., 0])
    assert torch.equal(outer @ inner.clamp(max=0), exact[..., 1])


def test_the_state_is_a_seed_and_masks_and_survives_everything(built):
    target, module, _, masked = built
    x = images(target)
    y = masked(x)
    assert list(masked.parameters()) == []
    buffer = io.BytesIO()
    torch.save(masked.state_dict(), buffer)
    masks = sum(m.out_mask.numel() + m.neurons.numel() for m in masked_layers(masked).values())
    assert len(pickle.dumps(masked)) < masks + 30_000
    buffer.seek(0)
    state = torch.load(buffer, weights_only=True)
    zeros = copy.deepcopy(masked)
    for layer in masked_layers(zeros).values():
        layer.out_mask.zero_()
        layer.neurons.zero_()
    twins = {
        "restore": restore(module, state),
        "deepcopy": copy.deepcopy(masked),
        "pickle": pickle.loads(pickle.dumps(masked)),
        "to": copy.deepcopy(masked).to("cpu", torch.float64).to(torch.float32),
        "half and back": copy.deepcopy(masked).half().float(),
    }
    zeros.load_state_dict(state)
    twins["load"] = zeros
    for name, twin in twins.items():
        assert torch.equal(twin(x), y), name
        assert torch.equal(twin.eval()(x), y), name


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_rounds_each_weight_once(built, dtype):
    target, _, _, masked = built
    low = copy.deepcopy(masked).to(dtype)
    double = masked_layers(copy.deepcopy(masked).double())
    for name, layer in masked_layers(low).items():
        for mine, exact in zip(layer.slopes(), double[name].slopes(), strict=True):
            assert torch.equal(mine, exact.to(dtype))
    y = low(images(target).to(dtype))
    assert y.dtype == dtype
    assert bool(torch.isfinite(y).all())


def test_every_way_of_building_gives_the_same_masks(built):
    _, module, _, masked = built
    n = masked_layers(masked)["fc1"].block.n
    told: list[int] = []
    other = build_ticket(module, eps=0.01, seed=7, n=n, progress=told.append)
    for mine, theirs in zip(*(masked_layers(m).values() for m in (masked, other)), strict=True):
        assert torch.equal(mine.out_mask, theirs.out_mask)
        assert torch.equal(mine.neurons, theirs.neurons)
        assert mine.header == theirs.header
    groups = [layer.block for layer in masked_layers(masked).values()]
    assert sum(told) == sum(2 * block.columns * block.layers[1].rows for block in groups)


def test_same_seed_same_masks_other_seed_other_masks():
    _, module = digits_mlp()
    one, same, other = (build_ticket(module, eps=0.1, seed=s, n=30) for s in (1, 1, 2))
    for a, b, c in zip(*(masked_layers(m).values() for m in (one, same, other)), strict=True):
        assert torch.equal(a.out_mask, b.out_mask)
        assert not torch.equal(a.out_mask, c.out_mask)


def test_n_is_chosen_as_by_numpy():
    layer = nn.Linear(6, 5)
    chain = nn.Sequential(layer)
    ticket = slt.build_ticket(dense_target(chain), eps=0.05, seed=4)
    masked = build_ticket(chain, eps=0.05, seed=4)
    assert masked[0].block.n == ticket.blocks[0].n
    assert export_ticket(masked, dense_target(chain)).header() == ticket.header()


def test_many_layers_share_one_estimate_of_n():
    module = nn.ModuleList(nn.Linear(6, 6, bias=k % 2 == 0) for k in range(9))
    masked = build_ticket(module, eps=0.05)
    found = summary(masked)
    assert found["complete"]
    assert found["weights"] == 9 * 36 + 5 * 6
    alone = build_ticket(module[0], eps=0.05)
    sizes = [layer.block.n for layer in (*masked_layers(masked).values(), alone)]
    # Nine times the sums need a few numbers more, for every layer the same.
    assert len(set(sizes[:9])) == 1
    assert sizes[-1] < sizes[0] < 2 * sizes[-1]


def test_normal_weights_and_large_ones():
    chain = nn.Sequential(nn.Linear(5, 4, bias=False))
    with torch.no_grad():
        chain[0].weight.mul_(9)
    options = {"theorem": "fischer2021-biases", "law": "normal", "eps": 0.05, "n": 40}
    ticket = slt.build_ticket(dense_target(chain), **options)
    masked = build_ticket(chain, kernel="plain", **options)
    assert masked[0].block.scale_exponent > 0
    assert export_ticket(masked, dense_target(chain)).header() == ticket.header()
    assert np.array_equal(masked[0].out_mask.numpy(), ticket.masks[0][1])


def test_import_of_a_ticket_file_and_of_a_forged_one(built):
    target, module, ticket, masked = built
    x = images(target)
    again = import_ticket(ticket, module)
    assert torch.equal(again(x), masked(x))
    if target.depth == 2:
        assert torch.equal(import_ticket(ticket)(x), masked(x))
    else:
        with pytest.raises(BadInput, match="module"):
            import_ticket(ticket)
    inner, outer = ticket.masks[0]
    forged = inner.copy()
    forged[0] = 255
    bad = replace(ticket, masks=((forged, outer), *ticket.masks[1:]))
    with pytest.raises(BadInput, match="layer 0"):
        import_ticket(bad, module)
    with pytest.raises(BadInput, match="burkholz2022-depth"):
        import_ticket(replace(ticket, theorem="burkholz2022-depth"), module)
    with pytest.raises(BadInput, match="layers"):
        import_ticket(ticket, nn.Linear(2, 2))


class Residual(nn.Module):
    """A block with a skip, a layer used twice, a grouped and a strided convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(4, 4, 3, padding=2, dilation=2)
        self.b = nn.Conv2d(4, 4, (3, 1), stride=2, padding=(1, 0), groups=2)
        self.norm = nn.BatchNorm2d(4)
        self.c = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.norm(self.a(x))
        y = self.b(x).mean((2, 3))
        return y + self.c(self.c(y))


def test_the_modules_own_wiring_stays():
    """Against the module itself with every weight replaced by the ticket's slope."""
    torch.manual_seed(0)
    module = Residual().double().eval().requires_grad_(False)
    masked = build_ticket(module, eps=1e-3, seed=3, n=70, kernel="plain")
    assert summary(masked)["other_parameters"] == 8
    assert not summary(masked)["complete"]
    assert summary(masked, exclude=("BatchNorm2d",))["complete"]
    x = torch.randn(3, 4, 9, 9, dtype=torch.float64)
    # The error of the weights decides: 4 layers deep, some hundred terms of order 1 a sum.
    assert float((masked(x) - module(x)).abs().max()) < 1e-3 * 300
    layer, plain = masked.a, copy.deepcopy(module.a)
    positive, negative, bias = layer.slopes()
    assert float((positive - plain.weight).abs().max()) <= 1e-3
    assert float((negative - plain.weight).abs().max()) <= 1e-3
    plain.weight.copy_(positive)
    plain.bias.copy_(bias)
    ones = torch.rand(2, 4, 9, 9, dtype=torch.float64)
    # Same numbers through the same routine, borders included; the other half sees only zeros.
    assert torch.equal(layer(ones), plain(ones))


def test_a_bias_is_right_where_a_kernel_meets_the_padding():
    conv = nn.Conv2d(1, 1, 3, padding=1).double()
    nn.init.zeros_(conv.weight)
    masked = build_ticket(conv, eps=0.01, n=40)
    y = masked(torch.rand(1, 1, 5, 5, dtype=torch.float64) * 0)
    assert torch.unique(y).numel() == 1
    assert abs(float(y[0, 0, 0, 0].detach() - conv.bias.detach())) <= 0.01


def test_attention_is_split_into_layers():
    torch.manual_seed(1)
    encoder = nn.TransformerEncoderLayer(8, 2, 16, dropout=0, batch_first=True).double().eval()
    with pytest.raises(BadInput, match="self_attn"):
        build_ticket(encoder, eps=0.1, n=20)
    split = split_attention(encoder)
    x = torch.randn(3, 5, 8, dtype=torch.float64)
    hidden = torch.zeros(3, 5, dtype=torch.bool)
    hidden[:, 4] = True
    for mask in (None, hidden):
        torch.testing.assert_close(
            split(x, src_key_padding_mask=mask)[:, :4],
            encoder(x, src_key_padding_mask=mask)[:, :4],
        )
    masked = build_ticket(split, eps=0.02, n=60)
    assert summary(masked)["layers"] == 6
    assert summary(masked, exclude=("LayerNorm",))["complete"]
    assert torch.isfinite(masked(x)).all()


@pytest.mark.parametrize("first", [True, False])
def test_split_attention_is_the_same_function(first):
    torch.manual_seed(2)
    whole = nn.MultiheadAttention(8, 2, kdim=4, vdim=6, batch_first=first).double()
    split = SplitAttention(whole)
    q, k, v = (torch.randn(3, 3, d, dtype=torch.float64) for d in (8, 4, 6))
    causal = torch.triu(torch.ones(3, 3, dtype=torch.bool), 1)
    for mask in (None, causal):
        mine, theirs = split(q, k, v, attn_mask=mask), whole(q, k, v, attn_mask=mask)
        torch.testing.assert_close(mine, theirs)
    alone = split(q[0], k[0], v[0], need_weights=False)
    torch.testing.assert_close(alone[0], whole(q[0], k[0], v[0])[0])
    assert alone[1] is None


class Spectral(nn.Linear):
    """A subclass: what it computes is not known."""


BAD_MODULES = {
    "no layers": (nn.ReLU(), "no Linear"),
    "no module": (3, "Module"),
    "a subclass": (nn.Sequential(Spectral(2, 2)), "Spectral"),
    "a lazy layer": (nn.Sequential(nn.LazyLinear(3)), "LazyLinear"),
    "a parametrisation": (
        nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))),
        "0 =",
    ),
    "circular padding": (nn.Sequential(nn.Conv2d(1, 1, 3, padding_mode="circular")), "zeros"),
    "all taps padded": (nn.Sequential(nn.Conv2d(1, 1, 1, padding=1)), "carry the bias"),
    "even kernel": (nn.Sequential(nn.Conv2d(1, 1, 2, padding="same")), "even kernel"),
}


@pytest.mark.parametrize("name", BAD_MODULES)
def test_modules_that_cannot_be_replaced_are_named(name):
    module, message = BAD_MODULES[name]
    with pytest.raises(BadInput, match=message):
        build_ticket(module, eps=0.1, n=8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"eps": 0}, "eps"),
        ({"eps": float("nan")}, "eps"),
        ({"eps": 2.0**-60}, "resolution"),  # the weights are no multiples of 2**-48
        ({"seed": -1}, "seed"),
        ({"n": 0}, "n ="),
        ({"n": True}, "n ="),
        ({"theorem": "burkholz2022-depth"}, "layers one by one"),
        ({"law": "normal"}, "law"),
        ({"kernel": "fast"}, "kernel"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(BadInput, match=message):
        build_ticket(nn.Linear(2, 2, dtype=torch.float64), **{"eps": 0.1, "n": 8, **options})


def test_bad_weights_states_and_memory_are_named():
    layer = nn.Linear(2, 2)
    good = build_ticket(layer, eps=0.1, n=8)
    with torch.no_grad():
        layer.weight[0, 0] = float("nan")
    with pytest.raises(BadInput, match="finite"):
        build_ticket(layer, eps=0.1, n=8)
    with pytest.raises(NeedsMemory, match="memory"):
        build_ticket(nn.Linear(2, 2), eps=0.1, n=8, memory=1000, kernel="plain")
    with pytest.raises(BadInput, match="no ticket"):
        restore(nn.Linear(2, 2), nn.Linear(2, 2).state_dict())
    with pytest.raises((BadInput, RuntimeError), match=r"shape|size"):
        build_ticket(nn.Linear(2, 2), eps=0.1, n=9).load_state_dict(good.state_dict())
    with pytest.raises(BadInput, match="masked"):
        summary(nn.Linear(2, 2))
    with pytest.raises(BadInput, match="Linear, ReLU"):
        dense_target(nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)))


def test_unreached_sums_are_listed():
    chain = nn.Sequential(nn.Linear(3, 2))
    masked = build_ticket(chain, eps=1e-4, n=4, kernel="plain")
    found = summary(masked)
    assert not found["complete"]
    ticket = slt.build_ticket(dense_target(chain), eps=1e-4, n=4)
    assert [(0, *place[1:]) for place in found["unreached"]] == list(ticket.unreached)


def test_a_module_needs_numpy_numba_and_torch_only():
    """The machine with the GPU may have nothing else; Triton may be missing too."""
    code = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ImportError(name)

BLOCKED = "scipy matplotlib hypothesis flint safetensors typer rich sklearn triton".split()
sys.meta_path.insert(0, Missing())
import slt_theory.torch
assert "torch" not in sys.modules
import torch
from slt_theory.torch import build_ticket, summary
assert summary(build_ticket(torch.nn.Linear(3, 2), eps=0.05))["complete"]
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("module", [nn.Linear(4, 3), nn.Conv2d(4, 3, 2)], ids=["linear", "conv"])
def test_gradients_flow_after_a_forward_in_inference_mode(module):
    ticket = build_ticket(module, eps=0.05, seed=0)
    shape = (2, 4) if isinstance(module, nn.Linear) else (2, 4, 3, 3)
    x = torch.rand(shape)
    with torch.inference_mode():
        first = ticket(x)
    x.requires_grad_()
    ticket(x).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert torch.equal(ticket(x), first)
    with torch.inference_mode():
        moved = ticket.double()
        moved(x.detach().double())
    again = x.detach().double().requires_grad_()
    moved(again).sum().backward()
    assert torch.isfinite(again.grad).all()


def hooked(kind: str) -> nn.Module:
    module = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.Linear(3, 2))
    if kind == "pruned":
        prune.random_unstructured(module[0], "weight", amount=0.3)
    elif kind == "pruned bias":
        prune.random_unstructured(module[0], "bias", amount=0.3)
    elif kind == "pruned norm":
        prune.random_unstructured(module[1], "weight", amount=0.3)
    elif kind == "weight norm":
        nn.utils.weight_norm(module[2])
    elif kind == "spectral norm":
        nn.utils.spectral_norm(module[2])
    elif kind == "forward hook":
        module[2].register_forward_hook(lambda part, given, out: 2 * out)
    elif kind == "meta":
        module[0].to("meta")
    return module


@pytest.mark.parametrize(
    "kind",
    [
        "pruned",
        "pruned bias",
        "pruned norm",
        "weight norm",
        "spectral norm",
        "forward hook",
        "meta",
    ],
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_weights_that_are_not_the_layers_own_are_refused_by_name(kind):
    module = hooked(kind)
    with pytest.raises(BadInput, match=r"^[012]\b") as caught:
        build_ticket(module, eps=0.1)
    assert caught.value.way_out
    assert "deepcopy" not in str(caught.value)


@pytest.mark.parametrize(
    "module", [nn.Linear(3, 0), nn.Linear(0, 3), nn.Conv2d(2, 0, 3)], ids=["out", "in", "conv"]
)
@pytest.mark.filterwarnings("ignore:Initializing zero-element")
def test_layers_without_weights_are_refused(module):
    with pytest.raises(BadInput, match="length 0"):
        build_ticket(module, eps=0.1)


def test_an_infinite_bias_is_blamed_on_the_bias():
    module = nn.Linear(3, 2)
    with torch.no_grad():
        module.bias[1] = float("inf")
    with pytest.raises(BadInput, match=r"\.bias = inf"):
        build_ticket(module, eps=0.1)


def test_a_causal_hint_without_a_mask_is_refused():
    split = split_attention(nn.MultiheadAttention(4, 2))
    x = torch.rand(3, 1, 4)
    with pytest.raises(BadInput, match="attn_mask"):
        split(x, x, x, is_causal=True)
