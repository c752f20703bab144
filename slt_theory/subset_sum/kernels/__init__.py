"""Compiled kernels: arrays in, arrays out; no randomness of their own, no objects, no input or
output.

Every kernel is a plain function ``name_py`` and its compiled twin ``name = jit(name_py)``. Headroom
is checked by the caller, never inside.
"""
