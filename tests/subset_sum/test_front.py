"""What the front refuses, and what it promises about threads, progress, memory and interruption."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from slt_theory import subset_sum
from slt_theory.errors import BadInput, NeedsMemory
from slt_theory.subset_sum import checks, vector
from slt_theory.subset_sum.kernels._compile import cache_folder, jit
from slt_theory.subset_sum.parallel import map_blocks, row_blocks, thread_count

BIG = 1 << 57


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: subset_sum.best([0.5, 1.0], 0), "items"),
        (lambda: subset_sum.best([[1, 2]], 0), "items"),
        (lambda: subset_sum.best([BIG] * 3, 0), "items"),
        (lambda: subset_sum.best([-(2**63), 1], 0), "items"),
        (lambda: subset_sum.best([1, 2], 0.5), "target"),
        (lambda: subset_sum.best([1, 2], 0, size=3), "size"),
        (lambda: subset_sum.best([1, 2], 0, locked=[True]), "locked"),
        (lambda: subset_sum.best([1, 2], 0, method="magic"), "method"),
        (lambda: subset_sum.decide([1, 2], 0, 1, method="magic"), "method"),
        (lambda: subset_sum.solve_many([[1, 2]], [1, 2], radius=0), "targets"),
        (lambda: subset_sum.solve_many([[1, 2]], [1], radius=-1), "radius"),
        (lambda: subset_sum.solve_many([[1] * 64], [1], radius=0), "items"),
        (lambda: subset_sum.solve_many([[1, 2]], [1.5], radius=0), "targets"),
        (lambda: subset_sum.solve_many([[1, 2]], radius=0), "targets"),
        (lambda: subset_sum.solve_many([[BIG] * 3], [1], radius=0), "items"),
        (lambda: subset_sum.solve_many([[1, 2]], [1], radius=0, threads=0), "threads"),
        (lambda: subset_sum.hitting_times([[1, 2]], -1, 0, 1), "width"),
        (lambda: subset_sum.hitting_times([[1, 2]], 1, [0, 0], 1), "left"),
        (lambda: subset_sum.widest_gaps([[1, 2]], 1, 0, 1, ends="loose"), "ends"),
        (lambda: subset_sum.coverage_by_size([[1, 2]], 1, 0, 1, max_size=-1), "max_size"),
        (lambda: subset_sum.freeze([[1]], pruned=[[True]], locked=[[True]]), "pruned, locked"),
        (lambda: subset_sum.hitting_times_in_plane([[1]], 9, [0, 0], [1, 1]), "items"),
        (lambda: vector.best([[1, 2]], [1]), "target"),
        (lambda: vector.best([1, 2], [1]), "items"),
    ],
)
def test_bad_input_names_the_argument(call, argument):
    with pytest.raises(BadInput) as caught:
        call()
    assert caught.value.argument == argument


@pytest.mark.parametrize("largest", [2**63, 2**64, -(2**63) - 1])
def test_integers_that_numpy_takes_for_floats_are_refused_as_too_large(largest):
    with pytest.raises(BadInput) as caught:
        subset_sum.best([1, largest], 0)
    assert (caught.value.argument, caught.value.value) == ("items", largest)


def test_empty_samples_have_one_subset():
    assert subset_sum.best([], 5).error == 5
    assert subset_sum.decide([], 0, 0) is not None
    assert subset_sum.decide([], 1, 2) is None
    assert subset_sum.solve_many(np.empty((0, 4), np.int64), [], radius=1).found.size == 0
    assert subset_sum.hitting_times(np.empty((2, 0), np.int64), 1, 0, 0).tolist() == [0, 0]


def test_huge_ranges_and_targets():
    assert subset_sum.best([3, -2], 10**30).total == 3
    assert subset_sum.best([3, -2], -(10**30)).total == -2
    assert subset_sum.decide([3, -2], -(10**30), 10**30) is not None
    assert subset_sum.decide([3, -2], 4, 10**30) is None
    for far in (10**30, -(10**30)):
        assert subset_sum.decide([1, 2, 3], far, far) is None
        assert subset_sum.decide([1, 2, 3], far, far, size=2) is None
        assert subset_sum.decide([1, 2, 3], far, far, locked=np.array([True, False, False])) is None
        total = 5 if far > 0 else 3
        assert subset_sum.best([1, 2, 3], far, size=2).total == total
        assert subset_sum.best([1, 2, 3], far).error == abs((6 if far > 0 else 0) - far)
    assert subset_sum.hitting_times([[1, 2]], 0, 0, 3, method="cells").tolist() == [-1]
    assert subset_sum.solve_many([[3, -2]], [1], radius=10**30).found.all()
    assert not subset_sum.solve_many([[3, -2]], lo=[2], hi=[1]).found.any()
    assert subset_sum.decide([3, -2], 2, 1) is None


@pytest.mark.parametrize("big", [10**30, 2**63, 2**62, 2**58, 0])
def test_any_integer_gets_an_answer_or_is_refused(big):
    """No error of a kernel or of an array comes through."""
    row, locked = [1, 2, 3], np.array([True, False, True])
    calls = [
        lambda b: subset_sum.best([b], 1),
        lambda b: subset_sum.best(row, b, size=2, locked=locked),
        lambda b: subset_sum.solve_many([row], [b]),
        lambda b: subset_sum.solve_many([row], [1], radius=abs(b)),
        lambda b: subset_sum.solve_many([row], lo=[b], hi=[b]),
        lambda b: subset_sum.solve_shared(row, [b]),
        lambda b: subset_sum.hitting_times([row], abs(b), b, b, method="cells"),
        lambda b: subset_sum.widest_gaps([row], 1, b, b, ends="moving"),
        lambda b: subset_sum.coverage_by_size([row], 1, b, b, max_size=3),
        lambda b: subset_sum.hitting_times_in_plane([[[1, 2], [b, 1]]], 1, (b, b), (b, b)),
        lambda b: subset_sum.vector.best([[1, 2], [3, 4]], [b, b]),
    ]
    calls += [
        lambda b, m=m: subset_sum.best(row, b, method=m) for m in ("brute", "meet", "windows")
    ]
    for method in ("auto", "scan", "four-list", "meet", "windows"):
        calls.append(lambda b, m=method: subset_sum.decide(row, b, b, method=m))
        calls.append(lambda b, m=method: subset_sum.decide(row, -b, b, method=m))
    for call in calls:
        for number in (big, -big):
            try:
                call(number)
            except BadInput:
                continue


def test_memory_is_stated_before_it_is_taken(monkeypatch):
    assert subset_sum.memory_needed(40) < subset_sum.memory_needed(50) < 1 << 30
    assert subset_sum.memory_needed(60) < subset_sum.memory_needed(60, method="meet")
    monkeypatch.setattr(checks, "available_bytes", lambda: 1 << 20)
    row = np.arange(1, 56) << 40
    with pytest.raises(NeedsMemory) as caught:
        subset_sum.best(row, 12345, method="meet")
    assert caught.value.needed_bytes == subset_sum.memory_needed(55, method="meet")
    with pytest.raises(NeedsMemory):
        vector.best(np.stack([row, row[::-1]], axis=1), [1, 2])


def test_progress_counts_rows_and_threads_change_nothing():
    rng = np.random.default_rng(0)
    items = rng.integers(-1000, 1000, (20_000, 12))
    targets = rng.integers(-1000, 1000, 20_000)
    seen: list[int] = []
    one = subset_sum.solve_many(items, targets, radius=3, threads=1, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 20_000
    two = subset_sum.solve_many(items, targets, radius=3, threads=2)
    assert (one.masks == two.masks).all()


@pytest.mark.parametrize("method", ["meet", "windows"])
def test_long_optima_show_progress_and_can_be_interrupted(method):
    row = np.random.default_rng(0).integers(-(1 << 50), 1 << 50, 40)
    seen: list[int] = []
    subset_sum.best(row, 1, method=method, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 100

    def interrupt(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        subset_sum.best(row, 1, method=method, progress=interrupt)


def test_interruption_drops_the_blocks_not_yet_begun():
    begun = []

    def work(block):
        begun.append(block)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        map_blocks(work, row_blocks(1000, 1), threads=2)
    assert len(begun) < 1000


def test_blocks():
    assert row_blocks(5, 2) == [range(2), range(2, 4), range(4, 5)]
    assert row_blocks(0, 2) == []
    assert map_blocks(len, row_blocks(5, 2), threads=2) == [2, 2, 1]
    assert thread_count(None) >= 1


def test_compiled_code_is_cached_where_it_can_be():
    folder = cache_folder()
    if folder is not None:
        assert folder.name.startswith("kernels-")
    assert jit(lambda x: x + 1)(1) == 2


def test_import_is_light():
    code = "import sys, slt_theory.subset_sum; print(*sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert not {"torch", "sympy", "matplotlib", "flint"} & set(shown.stdout.split())


def test_without_a_cache_folder(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    code = "from slt_theory.subset_sum.kernels._compile import cache_folder, jit\n"
    code += "print(cache_folder(), jit(lambda x: x + 1)(1))"
    shown = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={"XDG_CACHE_HOME": str(blocked), "HOME": str(blocked), "PATH": ""},
    )
    assert shown.stdout.split() == ["None", "2"]


SMALL_LEG = """
import numpy as np
import naive
from slt_theory.laws import Product, Uniform
from slt_theory import subset_sum
from slt_theory.subset_sum import Drawn, best, decide, vector
from slt_theory.subset_sum.kernels.windows import four_lists

rng = np.random.default_rng(0)
for size in (2, 1 << 30, 1 << 50):
    for n in (0, 1, 5, 9):
        items = rng.integers(-size, size + 1, (3, n))
        targets = rng.integers(-size, size + 1, 3)
        radius = size // 5
        near = subset_sum.solve_many(items, targets, radius=radius)
        exact = subset_sum.solve_many(items, targets, radius=None)
        for r in range(3):
            row, target = items[r].tolist(), int(targets[r])
            least = naive.least_error(row, target)
            assert exact.errors[r] == least == best(items[r], target).error
            assert near.found[r] == (least <= radius)
            assert (decide(items[r], target - radius, target + radius) is None) == (least > radius)
            assert best(items[r], target, method="windows" if n > 3 else "meet").error == least
        width, left = size // 3 + 1, -size // 4
        right = size // 2
        times = subset_sum.hitting_times(items, width, left, right).tolist()
        assert times == subset_sum.hitting_times(items, width, left, right, method="cells").tolist()
        assert times == [naive.hitting_time(row, width, left, right) for row in items.tolist()]
        subset_sum.widest_gaps(items, width, left, right)
        subset_sum.widest_gaps(items, width, left, right, ends="moving")
        by_size = subset_sum.coverage_by_size(items, width, left, right, max_size=2)
        for k in range(3):
            row = items[0].tolist()
            assert by_size[0, k] == naive.hitting_time_of_size(row, k, width, left, right)
        frozen = rng.random((3, n)) < 0.3
        subset_sum.solve_many_frozen(items, targets, radius=radius, pruned=frozen)
        subset_sum.solve_many_frozen(items, targets, radius=radius, locked=frozen)
        subset_sum.solve_shared(items[0], targets, radius=radius)
        if n:
            least = naive.least_vector_error(items[:2].T.tolist(), targets[:2].tolist())
            assert vector.best(items[:2].T, targets[:2]).error == least
            assert best(items[0], int(targets[0]), size=n // 2).chosen.sum() == n // 2
for law in (Uniform(), Uniform(bits=24), Product(Uniform(), Uniform())):
    drawn = Drawn(law, (1 << 64) - 1, (1 << 63) + 5, rows=3, n=5, start=3)
    assert (drawn.block(range(1, 3)).ravel() == law.sample(drawn.seed, drawn.stream, 8, 10)).all()
few = rng.integers(-40, 41, (2, 4, 2))
times = subset_sum.hitting_times_in_plane(few, 25, [-9, -9], [9, 9], fineness=4)
assert times.shape == (2, 2)
masks = np.empty(4, np.int64)
four_lists(rng.integers(-1000, 1000, 16), 10, 2, 4, 4, masks)
print("done")
"""


def test_uncompiled_kernels_agree_and_nothing_overflows():
    """Plain numpy warns where compiled integers wrap silently; here every warning is an error."""
    tests = Path(__file__).parents[1]
    code = f"import sys; sys.path.insert(0, {str(tests)!r})\n" + textwrap.dedent(SMALL_LEG)
    shown = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={"NUMBA_DISABLE_JIT": "1", "PATH": "", "PYTHONPATH": str(tests.parent)},
    )
    assert shown.stdout.split() == ["done"], shown.stderr[-2000:]
