"""One way to compile a kernel, with a cache on disk that notices every edit.

Numba's own cache key misses a callee that changed in another file. Here the cache folder is named
by a hash over all kernel sources and all versions that matter, so that a stale answer cannot be
read.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import llvmlite
import llvmlite.binding
import numba
import numpy as np

__all__ = ["cache_folder", "jit"]

P = ParamSpec("P")
R = TypeVar("R")


def _key() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    versions = (numba.__version__, np.__version__, platform.python_version(), llvmlite.__version__)
    cpu = llvmlite.binding.get_host_cpu_name()
    options = sorted((k, v) for k, v in os.environ.items() if k.startswith("NUMBA_"))
    digest.update(repr((versions, cpu, options)).encode())
    return digest.hexdigest()[:24]


@functools.cache
def cache_folder() -> Path | None:
    """Folder of the compiled code, or None where none can be written or platformdirs is missing."""
    try:
        import platformdirs
    except ImportError:
        return None
    folder = Path(platformdirs.user_cache_dir("slt_theory")) / f"kernels-{_key()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    return folder


def jit(func: Callable[P, R], *, inline: str = "never") -> Callable[P, R]:
    """Compile `func` without the GIL; it keeps its signature for type checkers."""
    folder = cache_folder()
    config: Any = numba.config
    before = config.CACHE_DIR
    if folder is not None:
        config.CACHE_DIR = str(folder)
    try:
        options: dict[str, Any] = {"inline": inline, "cache": folder is not None}
        compiled = numba.njit(nogil=True, error_model="numpy", **options)(func)
    finally:
        config.CACHE_DIR = before
    return cast("Callable[P, R]", compiled)
