"""Target networks in plain numpy: exact shapes, outward-rounded norms, file formats."""

from __future__ import annotations

from slt_theory.networks.activations import Activation, parse_activation
from slt_theory.networks.architecture import Architecture, Geometry, Wiring, read_architecture
from slt_theory.networks.attention import Attention
from slt_theory.networks.conv import Conv
from slt_theory.networks.dense import Dense
from slt_theory.networks.files import load_attention, save_npz, target_hash
from slt_theory.networks.graph import Graph
from slt_theory.networks.layers import from_layers
from slt_theory.networks.network import Network
from slt_theory.networks.norms import LayerNorms, layer_norms
from slt_theory.networks.reading import load_target, read_target
from slt_theory.networks.rescale import Rescaled
from slt_theory.networks.transformer import PlainTransformer, Target
from slt_theory.networks.unrolling import Operator, Unrolling

__all__ = [
    "Activation",
    "Architecture",
    "Attention",
    "Conv",
    "Dense",
    "Geometry",
    "Graph",
    "LayerNorms",
    "Network",
    "Operator",
    "PlainTransformer",
    "Rescaled",
    "Target",
    "Unrolling",
    "Wiring",
    "from_layers",
    "layer_norms",
    "load_attention",
    "load_target",
    "parse_activation",
    "read_architecture",
    "read_target",
    "save_npz",
    "target_hash",
]


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
