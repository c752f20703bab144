"""Kernels for a GPU, written in Triton; `launch` calls them, nobody else imports them."""
