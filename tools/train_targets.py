"""Train the two shipped targets on the training part of the digits.

Needs torch and scikit-learn. One thread and a fixed seed: one machine gives the same bytes every
time; another processor may round differently, which is why the trained files are shipped.
Learning rate, weight decay and shifts were chosen on a quarter of the training images, the number
of epochs after a look at the held-out ones: the accuracies describe these targets, they are no
estimate of generalisation.

    python tools/train_targets.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from slt_theory.data import digits
from slt_theory.networks import Conv, Dense, Geometry, save_npz, target_hash

SEED = 1
EPOCHS = 160
BATCH = 64


def mlp() -> nn.Module:
    """64-64-10."""
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


def cnn() -> nn.Module:
    """Two 3x3 convolutions (6 and 12 channels), each with a 2x2 max-pool, and a linear layer."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(48, 10),
    )  # fmt: skip


def shifted(inputs: torch.Tensor, source: torch.Generator) -> torch.Tensor:
    """Images moved by at most one pixel in each direction, three in ten of them."""
    padded = nn.functional.pad(inputs.view(-1, 8, 8), (1, 1, 1, 1))
    moves = torch.randint(0, 3, (len(inputs), 2), generator=source).tolist()
    moved = [image[i : i + 8, j : j + 8] for image, (i, j) in zip(padded, moves, strict=True)]
    chosen = torch.rand(len(inputs), generator=source) < 0.3
    return torch.where(chosen[:, None], torch.stack(moved).reshape(-1, 64), inputs)


def train(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> None:
    """AdamW on cross-entropy with a cosine schedule; weights are clipped to [-1, 1]."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=8e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    source = torch.Generator().manual_seed(SEED)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(inputs), generator=source).split(BATCH):
            optimiser.zero_grad()
            loss_of(model(shifted(inputs[batch], source)), labels[batch]).backward()
            optimiser.step()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.clamp_(-1, 1)
        schedule.step()


def on_lattice(parameter: torch.Tensor) -> np.ndarray:
    """The nearest multiples of 2^-24, all of them float32 numbers."""
    return np.rint(parameter.detach().double().numpy() * 2.0**24) / 2.0**24


def network_of(model: nn.Module, kind: str) -> Dense | Conv:
    """The trained layers as a network of plain arrays."""
    layers = [m for m in model.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    weights = tuple(on_lattice(layer.weight) for layer in layers)
    biases = tuple(on_lattice(layer.bias) for layer in layers)
    if kind == "mlp":
        return Dense(weights, biases)
    return Conv(
        weights, biases, geometry=(Geometry(pool=2), Geometry(pool=2)), input_shape=(1, 8, 8)
    )


def main(folder: Path) -> None:
    """Train both and write them into `folder`."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    training, test = digits()
    inputs = torch.from_numpy(training.inputs).float()
    labels = torch.from_numpy(training.labels)
    for kind, build in (("mlp", mlp), ("cnn", cnn)):
        torch.manual_seed(SEED)
        model = build()
        train(model, inputs, labels)
        network = network_of(model, kind)
        save_npz(network, folder / f"digits_{kind}.npz")
        largest = max(norms.largest for norms in network.norms())
        print(
            f"digits_{kind}: held out {test.correct(network.forward(test.inputs))}/{len(test)}, "
            f"training {training.correct(network.forward(training.inputs))}/{len(training)}, "
            f"largest weight {largest:.3f}, {target_hash(network)}"
        )


if __name__ == "__main__":
    default = Path(__file__).parent.parent / "slt_theory" / "data"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else default)
