"""What a number was made with: versions and machine, stored beside every table."""

from __future__ import annotations

import platform

__all__ = ["provenance"]

_DISTRIBUTIONS = ("slt-theory", "numpy", "numba", "scipy", "python-flint")


def provenance(*more: str) -> dict[str, str]:
    """Versions of Python, of this package and of those that its numbers rest on.

    Parameters
    ----------
    *more : str
        Further distributions to name, such as ``"torch"``; "none" where one is not installed.
    """
    from importlib.metadata import PackageNotFoundError, version

    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "none"

    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        **{name: installed(name) for name in (*_DISTRIBUTIONS, *more)},
    }
