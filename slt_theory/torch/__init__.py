"""Tickets, training and mask search on tensors; needs the extra `torch`.

`build_ticket` takes any `torch.nn.Module` and returns it with masked random layers; the masks are
bit for bit those of `slt_theory.build_ticket`, found on a CPU or by a kernel on a GPU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slt_theory.lazy_names import names_from

if TYPE_CHECKING:
    from slt_theory.torch.attention import split_attention as split_attention
    from slt_theory.torch.build import build_ticket as build_ticket
    from slt_theory.torch.device import OnDevice as OnDevice
    from slt_theory.torch.exchange import as_module as as_module
    from slt_theory.torch.exchange import dense_target as dense_target
    from slt_theory.torch.exchange import export_ticket as export_ticket
    from slt_theory.torch.exchange import import_ticket as import_ticket
    from slt_theory.torch.layers import MaskedConv2d as MaskedConv2d
    from slt_theory.torch.layers import MaskedLinear as MaskedLinear
    from slt_theory.torch.reading import from_module as from_module
    from slt_theory.torch.ticket import masked_layers as masked_layers
    from slt_theory.torch.ticket import restore as restore
    from slt_theory.torch.ticket import summary as summary

_HOMES = {
    "MaskedConv2d": "layers",
    "MaskedLinear": "layers",
    "OnDevice": "device",
    "as_module": "exchange",
    "build_ticket": "build",
    "dense_target": "exchange",
    "export_ticket": "exchange",
    "from_module": "reading",
    "import_ticket": "exchange",
    "masked_layers": "ticket",
    "restore": "ticket",
    "split_attention": "attention",
    "summary": "ticket",
}

__all__ = list(_HOMES)

__getattr__ = names_from(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
