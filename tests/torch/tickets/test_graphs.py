"""Masked modules under torch's own tools: graphs, copies, states, modes."""

from __future__ import annotations

import copy
import io

import pytest
import torch
from torch import nn

from slt_theory.errors import BadInput
from slt_theory.torch import MaskedLinear, build_ticket, restore, summary


def chain():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))


def convolutional():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2))


CASES = {"chain": (chain, (4,)), "convolutional": (convolutional, (2, 4, 4))}


def exported(ticket, x, strict):
    program = torch.export.export(ticket, (x,), strict=strict)
    kept = io.BytesIO()
    torch.export.save(program, kept)
    kept.seek(0)
    return torch.export.load(kept).module()


RECORDED = {
    "compiled": lambda ticket, x: torch.compile(ticket, backend="eager", fullgraph=True),
    "exported": lambda ticket, x: exported(ticket, x, False),
    "exported strictly": lambda ticket, x: exported(ticket, x, True),
    "traced": lambda ticket, x: torch.jit.trace(ticket, (x,)),
}


@pytest.mark.parametrize("has_run", [False, True])
@pytest.mark.parametrize("way", RECORDED)
@pytest.mark.parametrize("case", CASES)
def test_graphs_of_a_ticket_compute_what_it_computes(case, way, has_run):
    make, shape = CASES[case]
    x = torch.randn(5, *shape)
    expected = build_ticket(make(), eps=0.05)(x)
    ticket = build_ticket(make(), eps=0.05)
    if has_run:
        ticket(x)
    again = RECORDED[way](ticket, x)
    assert torch.equal(again(x), expected)
    assert torch.equal(again(-x), build_ticket(make(), eps=0.05)(-x))
    assert torch.equal(ticket(x), expected)


def test_a_recorded_graph_holds_the_masks_and_no_weights():
    ticket = build_ticket(chain(), eps=0.05)
    program = torch.export.export(ticket, (torch.randn(5, 4),))
    assert {tensor.dtype for tensor in program.state_dict.values()} == {torch.uint8}
    assert not program.constants
    names = [str(node.target) for node in program.graph.nodes]
    assert names.count("slt_theory.slopes.default") == 2


def test_a_compiled_ticket_follows_a_new_state():
    one, other = (build_ticket(chain(), eps=0.05, seed=seed, n=60) for seed in (1, 2))
    x = torch.randn(5, 4)
    compiled = torch.compile(one, backend="eager", fullgraph=True)
    before = compiled(x)
    one.load_state_dict(other.state_dict())
    assert torch.equal(compiled(x), other(x))
    assert not torch.equal(compiled(x), before)


@pytest.mark.parametrize("case", CASES)
def test_copies_and_states_of_a_ticket_that_ran_in_inference_mode(case):
    make, shape = CASES[case]
    ticket, x = build_ticket(make(), eps=0.05), torch.randn(3, *shape)
    with torch.inference_mode():
        y = ticket(x)
    assert torch.equal(copy.deepcopy(ticket)(x), y)
    assert torch.equal(restore(make(), ticket.state_dict())(x), y)
    leaf = x.clone().requires_grad_()
    torch.compile(ticket, backend="eager", fullgraph=True)(leaf).sum().backward()
    assert leaf.grad.abs().sum() > 0


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.fc = nn.LSTM(3, 4, batch_first=True), nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.rnn(x)[0][:, -1])


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.out = nn.Embedding(6, 3), nn.Linear(3, 6, bias=False)
        self.out.weight = self.emb.weight

    def forward(self, x):
        return self.out(self.emb(x))


OUTSIDE = {
    "recurrent": (Recurrent, "LSTM", 4 * 4 * (3 + 4 + 2)),
    "tied embedding": (Tied, "emb", 18),
    "convolution 1d": (
        lambda: nn.Sequential(nn.Conv1d(2, 3, 2), nn.Flatten(), nn.Linear(9, 2)), "Conv1d", 15,
    ),
    "transposed": (
        lambda: nn.Sequential(nn.ConvTranspose2d(1, 2, 2), nn.Flatten(), nn.Linear(18, 2)),
        "0.weight", 8,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_parameters_outside_are_named_and_a_ticket_with_them_is_not_complete(name):
    make, excluded, count = OUTSIDE[name]
    masked = build_ticket(make(), eps=0.05)
    found = summary(masked)
    assert found["unreached"] == []
    assert not found["complete"]
    left = {key: p.numel() for key, p in masked.named_parameters()}
    assert found["outside"] == left
    within = summary(masked, exclude=(excluded,))
    assert sum(left.values()) - sum(within["outside"].values()) == count
    assert within["complete"] == (not within["outside"])
    with pytest.raises(BadInput, match="names no parameter outside"):
        summary(masked, exclude=("fc.weights",))


def of_graphs():
    """A class by the name of PyTorch Geometric's, which computes as it does."""

    class Linear(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(outputs, inputs))
            self.bias = nn.Parameter(torch.randn(outputs))

        def forward(self, x):
            return nn.functional.linear(x, self.weight, self.bias)

    Linear.__module__, Linear.__qualname__ = "torch_geometric.nn.dense.linear", "Linear"
    return Linear


def test_linear_layers_of_graph_networks_are_known():
    torch.manual_seed(0)
    layer, x = of_graphs()(4, 3), torch.randn(6, 4)
    masked = build_ticket(layer, eps=0.01)
    assert isinstance(masked, MaskedLinear)
    assert summary(masked)["complete"]
    # Four weights and a bias, each within eps; single precision adds less than a tenth of that.
    bound = 1.1 * 0.01 * (x.abs().sum(1, keepdim=True) + 1)
    assert bool(((masked(x) - layer(x)).abs() <= bound).all())
    layer.weight = nn.parameter.UninitializedParameter()
    with pytest.raises(BadInput, match="has no numbers yet"):
        build_ticket(layer, eps=0.01)


def test_the_real_class_of_graph_networks_is_known():
    geometric = pytest.importorskip("torch_geometric.nn")
    masked = build_ticket(geometric.GCNConv(4, 3), eps=0.05)
    assert summary(masked)["outside"] == {"bias": 3}


def test_a_forward_pass_that_reads_a_weight_is_told_what_to_do():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 2)

        def forward(self, x):
            return nn.functional.linear(x, self.fc.weight, self.fc.bias)

    with pytest.raises(AttributeError, match="call it in place of functional"):
        build_ticket(Functional(), eps=0.05)(torch.ones(1, 3))
