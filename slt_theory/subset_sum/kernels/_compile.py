"""One way to compile a kernel, with a cache on disk that notices every edit.

Numba's own cache key misses a callee that changed in another file. Here the cache folder is named
by a hash over all kernel sources and all versions that matter, so that a stale answer cannot be
read; and every file carries a digest of its content, so that a damaged one is not read either but
compiled again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pickle
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import llvmlite
import llvmlite.binding
import numpy as np

from slt_theory.errors import BadInput

try:
    import numba
    from numba.core import caching
except ValueError as refused:
    given = {name: value for name, value in os.environ.items() if name.startswith("NUMBA_")}
    raise BadInput("environment", given, f"numba refuses it ({refused})", "unset it") from refused

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


_CacheFiles: Any = caching.IndexDataCacheFile


class _CheckedFiles(_CacheFiles):  # type: ignore[misc]
    """Index and compiled code of one kernel; what is damaged counts as missing.

    Numba unpickles whatever it finds, and stops for good at a file that was cut short by a full
    disk. A file that cannot be written is not needed either.
    """

    def save(self, key: Any, data: Any) -> None:
        with contextlib.suppress(OSError):
            super().save(key, data)

    def _dump(self, obj: Any) -> bytes:
        content: bytes = super()._dump(obj)
        return hashlib.sha256(content).digest() + content

    def _load_index(self) -> dict[Any, str]:
        try:
            version, stamp, names = self._content(self._index_path)
        except OSError:
            return {}
        current = version == self._version and stamp == self._source_stamp
        return cast("dict[Any, str]", names) if current else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        with self._open_for_write(self._index_path) as stream:
            stream.write(self._dump((self._version, self._source_stamp, overloads)))

    def _load_data(self, name: str) -> Any:
        return self._content(self._data_path(name))

    def _content(self, path: str) -> Any:
        """The object in a file; OSError, which numba takes for a missing file, if it is damaged."""
        content = Path(path).read_bytes()
        size = hashlib.sha256().digest_size
        if hashlib.sha256(content[size:]).digest() != content[:size]:
            raise OSError(f"{path} is damaged")
        return pickle.loads(content[size:])


def jit(func: Callable[P, R], *, inline: str = "never") -> Callable[P, R]:
    """Compile `func` without the GIL; it keeps its signature for type checkers."""
    folder = cache_folder()
    config: Any = numba.config
    before = config.CACHE_DIR
    if folder is not None:
        config.CACHE_DIR = str(folder)
    try:
        options: dict[str, Any] = {"inline": inline, "cache": folder is not None}
        compiled: Any = numba.njit(nogil=True, error_model="numpy", **options)(func)
        if folder is not None and hasattr(compiled, "_cache"):  # not so with NUMBA_DISABLE_JIT
            cache, place = compiled._cache, compiled._cache._impl
            stamp = place.locator.get_source_stamp()
            cache._cache_file = _CheckedFiles(cache.cache_path, place.filename_base, stamp)
    finally:
        config.CACHE_DIR = before
    return cast("Callable[P, R]", compiled)
