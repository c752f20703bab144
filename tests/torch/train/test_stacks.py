"""A stack of networks is its networks: forward, gradients and whole runs, alone and together."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from slt_theory.data import digits
from slt_theory.data.labelled import Labelled
from slt_theory.torch.train import (
    ConvModel,
    Gin,
    Mlp,
    Recipe,
    ResNet,
    Use,
    applied,
    conv,
    correct,
    draws,
    fit,
    initial,
    random_masks,
    sizes,
    split_task,
)

CLOSE = 1e-12


def small_task(members, dtype=torch.float64):
    train, test = digits()
    sample = Labelled(
        np.concatenate([train.inputs, test.inputs]), np.concatenate([train.labels, test.labels])
    )
    return split_task("digits", sample, members, (300, 50, 200), dtype=dtype)


def ring(nodes):
    adjacency = torch.zeros(nodes, nodes, dtype=torch.float64)
    for k in range(nodes):
        adjacency[k, (k + 1) % nodes] = adjacency[(k + 1) % nodes, k] = 1
    return adjacency


def random_tensors(model, members):
    return {
        name: members.normal(Use.DATA, k, shape)
        for k, (name, shape) in enumerate(model.shapes.items())
    }


MODELS = {
    "mlp": Mlp((64, 20, 12, 10)),
    "conv": ConvModel((1, 8, 8), (3, 4), hidden=(8,)),
    "conv-wide": conv(2, (1, 8, 8), width=2, bias=False),
    "resnet": ResNet((1, 8, 8), width=3),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("method", ["sgd", "adam"])
def test_a_stack_equals_separate_runs(name, method):
    model, members = MODELS[name], draws(3, [0, 5, 2])
    task = small_task(members)
    recipe = Recipe(steps=6, batch=10, method=method, rate=0.02, decay=1e-3, schedule="cosine")
    start = initial(model, members, dtype=torch.float64)
    together = fit(model, start, task, recipe, draws=members)
    for k in range(3):
        one = members.only(k)
        alone = fit(
            model,
            initial(model, one, dtype=torch.float64),
            task.only(k),
            recipe,
            draws=one,
        )
        for key, value in together.variables.items():
            assert not torch.equal(value[k], start[key][k])
            assert (value[k] - alone.variables[key][0]).abs().max() <= CLOSE
        assert torch.equal(
            correct(model, together.variables, task)[k],
            correct(model, alone.variables, task.only(k))[0],
        )


def test_an_mlp_is_its_matrix_products():
    members = draws(1, 2)
    model = Mlp((5, 4, 3))
    tensors = {
        name: members.normal(Use.DATA, k, s) for k, (name, s) in enumerate(model.shapes.items())
    }
    inputs = members.normal(Use.DATA, 9, (7, 5))
    found = model(tensors, inputs)
    for s in range(2):
        hidden = functional.relu(inputs[s] @ tensors["0.weight"][s].T + tensors["0.bias"][s])
        wanted = hidden @ tensors["1.weight"][s].T + tensors["1.bias"][s]
        assert (found[s] - wanted).abs().max() <= CLOSE


def test_a_conv_is_torch_layer_by_layer():
    members = draws(1, 2)
    model = ConvModel((2, 6, 6), (3,), hidden=(5,), classes=4)
    tensors = {
        name: members.normal(Use.DATA, k, s) for k, (name, s) in enumerate(model.shapes.items())
    }
    inputs = members.normal(Use.DATA, 99, (3, 72))
    found = model(tensors, inputs)
    for s in range(2):
        net = {name: value[s] for name, value in tensors.items()}
        value = inputs[s].reshape(3, 2, 6, 6)
        for k in range(2):
            value = functional.conv2d(
                value, net[f"conv{k}.weight"], net[f"conv{k}.bias"], padding=1
            )
            value = value.relu()
        value = functional.max_pool2d(value, 2).flatten(1)
        value = (value @ net["flat0.weight"].T + net["flat0.bias"]).relu()
        wanted = value @ net["flat1.weight"].T + net["flat1.bias"]
        assert (found[s] - wanted).abs().max() <= CLOSE


def test_a_resnet_block_adds_its_input():
    """With all inner weights 0 only the short cuts remain: means of the subsampled first layer."""
    model, members = ResNet((1, 8, 8), width=2), draws(1, 2)
    tensors = initial(model, members, dtype=torch.float64)
    for name in tensors:
        if name[0].isdigit():
            tensors[name].zero_()
    inputs = members.normal(Use.DATA, 0, (3, 64))
    found = model(tensors, inputs)
    for s in range(2):
        first = functional.conv2d(
            inputs[s].reshape(3, 1, 8, 8), tensors["first.weight"][s], padding=1
        )
        first = functional.layer_norm(first, first.shape[1:]).relu()
        means = first[:, :, ::4, ::4].mean((2, 3))
        wanted = means @ tensors["last.weight"][s][:, :2].T
        assert (found[s] - wanted).abs().max() <= 1e-10


@pytest.mark.parametrize("sparse", [False, True])
def test_a_gin_sees_its_neighbours(sparse):
    members, nodes = draws(1, 3), 7
    adjacency = ring(nodes)
    features = torch.eye(nodes, dtype=torch.float64)
    model = Gin(adjacency.to_sparse_csr() if sparse else adjacency, features, hidden=4, layers=2)
    tensors = initial(model, members, dtype=torch.float64)
    found = model(tensors, torch.tensor([4, 1]))
    for s in range(3):
        net = {name: value[s] for name, value in tensors.items()}
        value = features
        for k in range(2):
            mixed = torch.stack(
                [value[v] + value[(v - 1) % nodes] + value[(v + 1) % nodes] for v in range(nodes)]
            )
            value = (mixed @ net[f"{k}.a.weight"].T).relu() @ net[f"{k}.b.weight"].T
            if k == 0:
                deviation = (value.var(0, correction=0) + 1e-5).sqrt()
                value = ((value - value.mean(0)) / deviation).relu()
        assert (found[s] - value[[4, 1]]).abs().max() <= CLOSE


def test_initial_scales_keep_the_size_of_the_signal():
    """A masked layer, scaled for its density: its outputs have the mean square of its inputs."""
    members, width = draws(11, 4), 300
    model = Mlp((width, width, width), bias=False)
    inputs = members.normal(Use.DATA, 0, (50, width))
    keep = {name: size // 10 for name, size in sizes(model.shapes).items()}
    masks = random_masks(model.shapes, members, keep)
    for law in ("kaiming-normal", "kaiming-uniform", "signed-constant"):
        tensors = initial(model, members, law=law, density=0.1, dtype=torch.float64)
        hidden, _ = model.layers(applied(tensors, masks), inputs)
        # E relu(N(0, 2))^2 = 1; a mean over 1,200 weight rows and 50 inputs, and a wrong scale is
        # off by a factor of ten.
        assert abs(float(hidden.square().mean()) - 1) < 0.15
        constant = tensors["0.weight"].abs().unique().numel() == 1
        assert constant == (law == "signed-constant")
