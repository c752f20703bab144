"""Attention tickets: forward pass, certificate, no dependence on length, what is wrong."""

from __future__ import annotations

import dataclasses
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.experiments.attention_tickets import length_errors, random_attention
from slt_theory.networks import Attention, load_attention
from slt_theory.networks.attention import attend
from slt_theory.tickets import build_ticket, read_ticket, verify, write_ticket
from slt_theory.tickets.checking.attention_check import effective_heads
from slt_theory.tickets.run import attention_forward

EPS = 0.05
THEOREM = "otsuka2026-attention"
TARGET = random_attention(3)


@pytest.fixture(scope="module")
def ticket():
    return build_ticket(TARGET, theorem=THEOREM, eps=EPS, seed=1, domain="box:-1,1")


@pytest.mark.parametrize("masked", [False, True])
def test_forward_equals_torch_within_rounding(masked):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    x = rng.normal(size=(9, 4))
    mask = None
    if masked:
        mask = rng.random((9, 9)) < 0.5
        mask[np.arange(9), rng.integers(0, 9, 9)] = True
    total = 0
    for h in range(TARGET.heads):
        q, k, v = (
            torch.from_numpy(x @ getattr(TARGET, name)[h]) for name in ("query", "key", "value")
        )
        seen = None if mask is None else torch.from_numpy(mask)
        out = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        total = total + out.numpy() @ TARGET.output[h]
    ours = TARGET.forward(x, mask=mask)
    # Scores stay below 10, so weights are off by at most 2 * 40 roundings of 10; sums of at most 9
    # tokens and 4 coordinates of size below 4 follow.
    assert np.abs(ours - total).max() <= 2.0**-52 * (2 * 40 * 10 + 50) * 4 * 4
    part = TARGET.forward(x, mask=mask, asked=np.array([2, 5]))
    assert np.abs(part - ours[[2, 5]]).max() <= 2.0**-40


def test_it_is_the_real_masked_product(ticket, tmp_path):
    write_ticket(ticket, tmp_path / "t.slt")
    again = read_ticket(tmp_path / "t.slt")
    check = verify(again, TARGET)
    assert check.ok, check.failures
    assert check.certificate() == ticket.certificate
    assert check.max_weight_error <= EPS
    # Entry by entry: one in-weight a hidden number, all kept products summed in Fractions.
    from slt_theory.tickets.source import layer_law

    (scores, values), *_ = effective_heads(again)
    for index, found in ((0, scores), (1, values)):
        block = again.blocks[index]
        inner, outer = block.layers
        first = again.rows(index, 0, 0, inner.rows)
        last = again.rows(index, 1, 0, outer.rows)
        assert (first.sum(axis=1) <= 1).all()
        u = layer_law(inner).sample(again.seed, inner.stream, 0, inner.rows * inner.columns)
        v = layer_law(outer).sample(again.seed, outer.stream, 0, outer.rows * outer.columns)
        u, v = u.reshape(first.shape) * first, v.reshape(last.shape) * last
        product = v.astype(object) @ u.astype(object)
        for (i, j), entry in np.ndenumerate(product):
            assert Fraction(float(found[i, j])) == Fraction(int(entry), 2**48)
    x = np.random.default_rng(2).uniform(-1, 1, (30, 4))
    mask = np.tril(np.ones((30, 30), dtype=bool))
    for seen in (None, mask):
        gap = np.abs(attention_forward(again, x, mask=seen) - TARGET.forward(x, mask=seen)).max()
        assert gap <= check.sup_error_bound
    assert 0 < check.sup_error_found <= check.sup_error_bound


def test_a_shift_of_scores_moves_weights_by_at_most_tanh():
    """The lemma behind the bound, at its extremes: +e on a set of tokens, -e off it."""
    rng = np.random.default_rng(5)
    worst = 0.0
    for e in (0.01, 0.3, 2.0):
        for size in (2, 3, 6):
            scores = rng.normal(size=(40, size)) * 2
            for signs in itertools.product((-1, 1), repeat=size):
                moved = attend(scores + e * np.array(signs), None)
                change = np.abs(moved - attend(scores, None)).sum(axis=1).max() / 2
                assert change <= math.tanh(e / 2) + 2.0**-45
                worst = max(worst, change / math.tanh(e / 2))
    assert worst > 0.95


def test_error_does_not_grow_with_the_number_of_tokens():
    rows = length_errors(TARGET, (6, 12), (8, 512), seeds=(0, 1), draws=4)
    for row in rows:
        assert all(0 < value <= row.bound for value in row.measured.values())
        assert row.measured[512] <= 2 * row.measured[8]
    by_n = {n: max(row.bound for row in rows if row.n == n) for n in (6, 12)}
    assert by_n[12] < by_n[6] / 4


def test_the_network_error_asked_for_is_reached():
    for domain in ("box:-1,1", "box:0,1", "ball:1"):
        ticket = build_ticket(TARGET, theorem=THEOREM, network_eps=0.5, seed=2, domain=domain)
        assert ticket.complete
        assert ticket.certificate["sup_error_bound"] <= 0.5
        assert verify(ticket, TARGET).ok


def test_falsified_tickets_are_rejected(ticket):
    masks = [list(pair) for pair in ticket.masks]
    flipped = masks[1][1].copy()
    flipped[0, 0] ^= 255
    masks[1][1] = flipped
    block = ticket.blocks[0]
    wrong = [
        dataclasses.replace(ticket, seed=2),
        dataclasses.replace(ticket, domain="nonsense"),
        dataclasses.replace(ticket, theorem="pensia2020-two-layer"),
        dataclasses.replace(ticket, architecture=None),
        dataclasses.replace(ticket, network_eps=1e-9),
        dataclasses.replace(ticket, blocks=ticket.blocks[:2]),
        dataclasses.replace(ticket, certificate={**ticket.certificate, "sup_error_bound": 0.0}),
        dataclasses.replace(ticket, certificate={}),
        dataclasses.replace(ticket, unreached=((0, 0, 0, "+"),)),
    ]
    for change in (
        {"eps": "1/1000000"},
        {"kind": "gadget-pair"},
        {"n": block.n + 1},
        {"signs": "both"},
        {"scale_exponent": -1},
        {"layers": (dataclasses.replace(block.layers[0], law="normal"), block.layers[1])},
        {"layers": (dataclasses.replace(block.layers[0], stream=1 << 64), block.layers[1])},
    ):
        blocks = (dataclasses.replace(block, **change), *ticket.blocks[1:])
        wrong.append(dataclasses.replace(ticket, blocks=blocks))
    for mutant in wrong:
        check = verify(mutant, TARGET)
        assert not check.ok
        assert check.failures
    assert not verify(ticket, random_attention(4)).ok
    check = verify(dataclasses.replace(ticket, masks=tuple(map(tuple, masks))), TARGET)
    assert check != verify(ticket, TARGET)


def test_bad_requests_and_shapes_are_named(tmp_path):
    one = np.ones((1, 2, 2))
    with pytest.raises(BadInput, match=r"key\.weight"):
        Attention(one, np.ones((1, 3, 2)), one, one)
    with pytest.raises(BadInput, match="3-d"):
        Attention(one[0], one, one, one)
    with pytest.raises(BadInput, match="tokens"):
        Attention(one, one, one, one).forward([[1.0]])
    with pytest.raises(BadInput, match="mask"):
        Attention(one, one, one, one).forward([[1.0, 2.0]], mask=np.zeros((1, 1), dtype=bool))
    for options, name in (
        ({}, "eps"),
        ({"eps": 0.1, "network_eps": 0.1}, "eps"),
        ({"eps": 1e-15}, "eps"),
        ({"eps": 0.1, "n": 0}, "n"),
        ({"eps": 0.1, "objective": "most"}, "objective"),
        ({"eps": 0.1, "lock": 0.5}, "lock"),
        ({"eps": 0.1, "theorem": "pensia2020-two-layer"}, "theorem"),
    ):
        with pytest.raises(BadInput, match=f"^{name}"):
            build_ticket(TARGET, **{"theorem": THEOREM, "seed": 1, **options})
    names = ("query", "key", "value", "output")
    np.savez(tmp_path / "a.npz", **{f"{k}.weight": getattr(TARGET, k) for k in names})
    loaded = load_attention(tmp_path / "a.npz")
    assert loaded.target_hash() == TARGET.target_hash()
    np.savez(tmp_path / "b.npz", **{"fc.weight": np.ones((1, 1))})
    assert load_attention(tmp_path / "b.npz") is None
