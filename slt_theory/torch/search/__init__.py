"""Mask search in random networks: dense, pruned at random, or frozen."""

from __future__ import annotations

from slt_theory.torch.search.chance import best_of_random
from slt_theory.torch.search.existence import Existence, search_against_existence
from slt_theory.torch.search.frozen import PATTERNS, Frozen, frozen_network
from slt_theory.torch.search.popup import search
from slt_theory.torch.search.registers import register_words
from slt_theory.torch.search.settings import METHODS, RECIPE, Found, Search

__all__ = [
    "METHODS",
    "PATTERNS",
    "RECIPE",
    "Existence",
    "Found",
    "Frozen",
    "Search",
    "best_of_random",
    "frozen_network",
    "register_words",
    "search",
    "search_against_existence",
]
