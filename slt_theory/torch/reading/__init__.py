"""Read a module as the function it is, through the graph that `torch.export` records."""

from slt_theory.torch.reading.module import from_module

__all__ = ["from_module"]
