"""The kernels' source, interpreted, equals the plain path; and it compiles for a device."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from pairs import Case

from slt_theory.errors import BadInput
from slt_theory.laws import Normal, Uniform
from slt_theory.torch.solve import solve_pair

needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="no Triton for this system")

INTERPRETED = """
import sys
sys.path.insert(0, {folder!r})
import torch
from pairs import Case
from slt_theory.laws import Uniform
from slt_theory.torch.effective import pair_sums
from slt_theory.torch.kernels.launch import Fused
from slt_theory.torch.solve import OPEN, solve_pair

torch.set_num_threads(1)
# Groups with all sums tried, with a few, and with more numbers than are tried; rows and seeds whose
# words begin anywhere in a block; a stream that is 1 and a seed of 64 bits.
for eps, n, rows, seed in ((0.1, 11, 131, 2**64 - 5), (0.05, 23, 300, 1), (0.1, 141, 70, 9)):
    case = Case(Uniform(bits=24), eps, n, rows, 1, seed=seed)
    plain = solve_pair(case.pair, case.targets, case.radius)
    fused = solve_pair(case.pair, case.targets, case.radius, fused=True)
    assert torch.equal(plain.out, fused.out) and torch.equal(plain.neurons, fused.neurons)
    assert plain.unreached == fused.unreached
    out, states = torch.zeros_like(plain.out), torch.empty(rows, 2, dtype=torch.int8)
    try_rows = Fused(case.pair, torch.ones(2, dtype=torch.bool))
    try_rows(case.targets, case.radius, 0, out, states)
    print("open", float((states == OPEN).double().mean()))
    sums = pair_sums(case.pair, plain.out, plain.neurons)
    assert torch.equal(sums, pair_sums(case.pair, plain.out, plain.neurons, fused=True))
    case.check(fused)
print("equal")
"""


def run(code: str, **environment: str) -> list[str]:
    """Lines printed by a fresh interpreter: Triton decides when it is imported how it runs."""
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=250,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()


@needs_triton
def test_the_interpreted_kernels_equal_the_plain_path():
    code = INTERPRETED.format(folder=str(Path(__file__).parent))
    *shares, last = run(code, TRITON_INTERPRET="1")
    assert last == "equal"
    # The kernel settles most sums itself, so that equality says something.
    assert all(float(share.split()[1]) < 0.5 for share in shares), shares


COMPILED = """
import inspect
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile
from slt_theory.torch.kernels import gadget

TYPES = dict(targets="*i64", u="*i64", rank="*i32", count="*i32", out="*i32", states="*i8",
             packed="*i32", sums="*i64", radius="i64")
for kernel in (gadget.try_kernel, gadget.sum_kernel):
    names = list(inspect.signature(kernel.fn).parameters)
    for rows, blocks, words in ((8, 16, 3), (4, 32, 5)):
        sizes = dict(ROWS=rows, BLOCKS=blocks, WORDS=words)
        sizes = {k: v for k, v in sizes.items() if k in names}
        types = {k: "constexpr" if k in sizes else TYPES.get(k, "i32") for k in names}
        source = ASTSource(fn=kernel, signature=types, constexprs=sizes)
        code = compile(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": 1})
        assert code.asm["cubin"]
        print(kernel.fn.__name__, rows, code.metadata.shared)
"""


@pytest.mark.long
@needs_triton
def test_the_kernels_compile_for_an_h200():
    assert len(run(COMPILED)) == 4


@needs_triton
def test_the_kernel_asks_for_a_gpu_and_uniform_weights():
    case = Case(Uniform(bits=24), 0.1, 8, 3, 2)
    with pytest.raises(BadInput, match="GPU"):
        solve_pair(case.pair, case.targets, case.radius, fused=True)
    case = Case(Normal(24), 0.1, 8, 3, 2)
    with pytest.raises(BadInput, match="uniform"):
        solve_pair(case.pair, case.targets, case.radius, fused=True)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize(("eps", "n"), [(0.1, 12), (0.01, 92), (0.001, 44), (1e-4, 60)])
def test_masks_on_the_device_equal_those_of_the_numpy_path(eps, n):
    from slt_theory.torch.pair import GadgetPair
    from slt_theory.torch.solve import Masks

    case = Case(Uniform(bits=24), eps, n, 100, 40)
    device = torch.device("cuda")
    pair = GadgetPair(case.block, case.seed, device)
    masks = solve_pair(pair, case.targets.to(device), case.radius, fused=True)
    case.check(Masks(masks.out.cpu(), masks.neurons.cpu(), masks.unreached))
