"""Target networks in plain numpy: exact shapes, outward-rounded norms, file formats."""

from __future__ import annotations

from slt_theory.networks.architecture import Architecture, Geometry, read_architecture
from slt_theory.networks.conv import Conv
from slt_theory.networks.dense import Dense
from slt_theory.networks.files import load_target, save_npz, target_hash
from slt_theory.networks.norms import LayerNorms, layer_norms
from slt_theory.networks.rescale import Rescaled

__all__ = [
    "Architecture",
    "Conv",
    "Dense",
    "Geometry",
    "LayerNorms",
    "Rescaled",
    "layer_norms",
    "load_target",
    "read_architecture",
    "save_npz",
    "target_hash",
]
