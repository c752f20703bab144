"""Constructions: one module a theorem, over shared ways to offer and solve subset sums."""
