"""Tickets of transformers without normalisation: one file, parts that verify, a composed error."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import BadInput
from slt_theory.experiments.attention_tickets import random_transformer
from slt_theory.networks import Attention, Dense, PlainTransformer, load_attention, save_npz
from slt_theory.tickets import build_ticket, read_ticket, verify, write_ticket
from slt_theory.tickets.checking import transformer_search
from slt_theory.tickets.checking.transformer_error import Norms, TokenErrors
from slt_theory.tickets.checking.transformer_search import _Part, _through
from slt_theory.tickets.run import transformer_forward

THEOREM = "otsuka2026-transformer"
D = 3


@pytest.fixture(scope="module")
def target():
    return random_transformer(1)


@pytest.fixture(scope="module")
def ticket(target):
    return build_ticket(target, theorem=THEOREM, eps=0.05, seed=1)


@pytest.fixture(scope="module")
def finer(target):
    return build_ticket(target, theorem=THEOREM, eps=0.005, seed=1)


def pairs(ticket, target):
    """The parts as tickets of their own, as the check cuts them."""
    from slt_theory.tickets.checking.transformer_check import _cut

    parts = [part for part, _ in _cut(ticket, target, ticket.certificate["parts"])]
    return list(zip(parts[::2], parts[1::2], strict=True))


def tokens(rng, count, radius=1.0):
    drawn = rng.normal(size=(count, D))
    return radius * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def worst(ticket, target, trials=12):
    rng = np.random.default_rng(2)
    found = 0.0
    for trial in range(trials):
        count = (1, 2, 7, 40)[trial % 4]
        x, mask = tokens(rng, count), np.tril(np.ones((count, count), dtype=bool))
        for seen in (None, mask):
            apart = target.forward(x, mask=seen) - transformer_forward(ticket, x, mask=seen)
            found = max(found, float(np.linalg.norm(apart, axis=1).max()))
    return found


def test_two_blocks_are_found_and_no_token_is_further_off_than_certified(target, ticket):
    check = verify(ticket, target)
    assert check.ok, check.failures
    assert check.certificate() == ticket.certificate
    bound = check.sup_error_bound
    assert check.sup_error_found > 0
    assert 0 < worst(ticket, target) <= bound < 60 * worst(ticket, target)
    assert len(check.parts) == 4
    assert check.layer_error_bounds[-1] == bound
    assert list(check.layer_error_bounds) == sorted(check.layer_error_bounds)


def test_one_file_says_all(target, ticket, tmp_path):
    write_ticket(ticket, tmp_path / "t.slt")
    save_npz(target, tmp_path / "t.npz")
    again = load_attention(tmp_path / "t.npz")
    assert again.target_hash() == target.target_hash()
    assert verify(read_ticket(tmp_path / "t.slt", target=again), again).ok
    other = build_ticket(target, theorem=THEOREM, eps=0.05, seed=1)
    write_ticket(other, tmp_path / "u.slt")
    assert (tmp_path / "t.slt").read_bytes() == (tmp_path / "u.slt").read_bytes()
    streams = [layer.stream for block in ticket.blocks for layer in block.layers]
    assert len(set(streams)) == len(streams) == 24


def test_the_error_falls_with_that_of_a_weight_and_is_the_one_asked_for(target, ticket, finer):
    assert finer.certificate["sup_error_bound"] < ticket.certificate["sup_error_bound"] / 3
    assert worst(finer, target) < ticket.certificate["sup_error_bound"] / 3
    asked = build_ticket(target, theorem=THEOREM, network_eps=1, seed=2, domain="ball:0.5")
    assert asked.complete
    assert 0.1 < asked.certificate["sup_error_bound"] <= 1
    assert verify(asked, target).ok


def by_hand(target, errors, radius):
    """The recursion again, in plain floats."""
    off, root = 0.0, math.sqrt(D)
    for (heads, part), (first, second) in zip(
        target.blocks, zip(errors[::2], errors[1::2], strict=True), strict=True
    ):
        attn, size = off + root * first, 0.0
        for h in range(heads.heads):
            scores = np.linalg.norm(heads.query[h] @ heads.key[h].T) / math.sqrt(2)
            value = np.linalg.norm(heads.value[h] @ heads.output[h])
            moved = min(2.0, scores * off * (2 * radius + off))
            attn += moved * value * radius + value * off
            size += value * radius
        radius += size
        norms = [np.linalg.norm(w) for w in part.weights]
        reach = radius
        for norm, bias in zip(norms, part.biases, strict=True):
            reach = reach * norm + np.linalg.norm(bias)
        radius += reach
        off = attn + math.prod(norms) * attn + root * second
    return off


def test_the_bound_is_the_recursion(target, ticket):
    errors = [part["sup_error_bound"] for part in ticket.certificate["parts"]]
    bound, hand = ticket.certificate["sup_error_bound"], by_hand(target, errors, 1.0)
    # Rounded up to six digits.
    assert hand <= bound <= hand * (1 + 2e-5)


@pytest.mark.parametrize("e", [0.3, 0.01])
def test_moved_tokens_move_the_attention_by_no_more(e):
    """Two keys of opposite values and a query between them are nearly the worst."""
    rng = np.random.default_rng(3)
    one = np.eye(2)[None]
    sharp = Attention(2 * one, 2 * one, one, one)
    shares = []
    for trial in range(300):
        x = np.array([[0.5, 0.0], [0.0, 1.0], [0.0, -1.0]])
        if trial:
            x = rng.normal(size=(4, 2))
            x /= np.maximum(1.0, np.linalg.norm(x, axis=1, keepdims=True))
        step = rng.normal(size=x.shape)
        step *= e / np.linalg.norm(step, axis=1, keepdims=True)
        if not trial:
            step = np.array([[0.0, e], [0.0, 0.0], [0.0, 0.0]])
        walk = TokenErrors(1.0, 2)
        walk.off = walk.off + e
        # A ticket without error, to see what moved tokens do alone.
        walk.attention(Norms.of(sharp), 0.0)
        apart = (x + step + sharp.forward(x + step)) - (x + sharp.forward(x))
        shares.append(float(np.linalg.norm(apart, axis=1).max()) / walk.error)
    # An eighth of the bound is met, so that one of an eighth would be found out.
    assert 1 / 8 < max(shares) <= 1


def test_both_networks_are_evaluated_as_their_own_forward_passes_do(target, ticket):
    parts = [_Part.of_tickets(*pair) for pair in pairs(ticket, target)]
    x = tokens(np.random.default_rng(4), 5)
    assert np.abs(_through(parts, x) - transformer_forward(ticket, x)).max() < 2.0**-40
    theirs = _through(
        [_Part.of_target(*pair, transformer_search._balls) for pair in target.blocks],
        transformer_search._balls(x),
    )
    assert max(
        abs(float(b) - a) for a, b in zip(target.forward(x).flat, theirs.flat, strict=True)
    ) < (2.0**-40)


def claim(ticket, **changed):
    return ticket.with_certificate({**ticket.certificate, **changed})


def part_claim(ticket, number, **changed):
    parts = [dict(part) for part in ticket.certificate["parts"]]
    parts[number] |= changed
    return claim(ticket, parts=parts)


def swapped(ticket):
    """The blocks, masks and certificates of both blocks of the transformer exchanged."""
    half, parts = len(ticket.blocks) // 2, ticket.certificate["parts"]
    blocks = ticket.blocks[half:] + ticket.blocks[:half]
    masks = ticket.masks[half:] + ticket.masks[:half]
    return claim(replace(ticket, blocks=blocks, masks=masks), parts=[*parts[2:], *parts[:2]])


def flipped(ticket, block, bit):
    """One bit of the last mask of a block, by the number of the kept weight, is no longer set."""
    masks = [list(pair) for pair in ticket.masks]
    bits = np.unpackbits(masks[block][1], axis=1)
    bits.ravel()[np.flatnonzero(bits)[bit]] = 0
    masks[block][1] = np.packbits(bits, axis=1)
    return replace(ticket, masks=tuple(map(tuple, masks)))


@pytest.mark.parametrize("block", [0, 5, 6, 11])
def test_a_flipped_bit_is_found(target, ticket, block):
    kept = int(np.bitwise_count(ticket.masks[block][1]).sum())
    checks = [verify(flipped(ticket, block, bit), target) for bit in range(0, kept, 1 + kept // 6)]
    assert any("further than eps" in text for check in checks for text in check.failures)
    # Where the weight that was dropped is small, the ticket is another right one.
    for check in checks:
        assert not check.ok or check.max_weight_error <= 0.05


def test_planted_errors_are_found(target, ticket):
    bound = ticket.certificate["sup_error_bound"]
    block = replace(ticket.blocks[0], layers=ticket.blocks[1].layers)
    planted = {
        "further than eps": swapped(ticket),
        "claims a network error": claim(ticket, sup_error_bound=bound * 0.99),
        "after layer 2": claim(ticket, layer_error_bounds=[1.0, 1.0, 0.5, 2.0]),
        "certificates of 4 parts": claim(ticket, parts=ticket.certificate["parts"][:3]),
        "part cannot be checked": claim(ticket, parts=None),
        "block 1, attention: claims": part_claim(ticket, 2, sup_error_bound=0.1),
        "block 1, connected part: claims": part_claim(ticket, 3, sup_error_bound=0.01),
        "'sup_error_bound'|sup_error_bound = nan": part_claim(ticket, 0, sup_error_bound=math.nan),
        "claims an error of inf": part_claim(ticket, 0, sup_error_bound=math.inf),
        "is no ball": replace(ticket, domain="box:-1,1"),
        "claims|block 0": replace(ticket, domain="ball:2"),
        "hashes differ": replace(ticket, target_sha256="0" * 64),
        "not about transformers": replace(ticket, theorem="otsuka2026-attention"),
        "architecture": replace(ticket, architecture={"transformer": [[2, 2]]}),
        "share a stream": replace(ticket, blocks=(block, *ticket.blocks[1:])),
        "blocks in the place": replace(ticket, blocks=ticket.blocks[:-1], masks=ticket.masks[:-1]),
        "incomplete": replace(ticket, unreached=((0, 0, 0, "+"),)),
        "cannot be checked ('parts')": ticket.with_certificate({}),
        "above network_eps": replace(ticket, network_eps=0.5),
        "further": replace(ticket, seed=2),
        "is set": replace(ticket, norm_exponents=(1,)),
    }
    for text, one in planted.items():
        check = verify(one, target)
        assert not check.ok, text
        assert any(part in failure for part in text.split("|") for failure in check.failures), (
            text,
            check.failures,
        )


def test_a_residual_left_out_is_seen(target, finer, monkeypatch):
    """Planted: the source is evaluated without the tokens that its blocks add to."""
    assert verify(finer, target).ok
    in_balls = _Part.in_balls

    class Ours(_Part):
        """A part of the source, in balls."""

    def without(parts, x):
        return _through(parts, x) - (x if type(parts[0]) is Ours else 0)

    monkeypatch.setattr(_Part, "in_balls", lambda part: Ours(*vars(in_balls(part)).values()))
    monkeypatch.setattr(transformer_search, "_through", without)
    check = verify(finer, target)
    assert not check.ok
    assert any("an input with" in failure for failure in check.failures)


def test_numbers_beyond_floats_are_no_answer():
    one = random_transformer(1, blocks=1)
    for domain in ("ball:1e30", "ball:1e160", "ball:1e300"):
        check = verify(build_ticket(one, theorem=THEOREM, eps=0.05, seed=1, domain=domain), one)
        assert check.sup_error_bound > 1e30
        assert 0 <= check.sup_error_found <= check.sup_error_bound


def test_a_forward_pass_needs_the_recorded_blocks(ticket):
    for record in (None, {}, {"transformer": 3}, {"transformer": [[2, 2]]}, {"transformer": [[2]]}):
        with pytest.raises(BadInput, match="ticket"):
            transformer_forward(replace(ticket, architecture=record), np.ones((1, D)))


def test_widths_and_activations_are_held_together(target):
    heads, part = target.blocks[0]
    with pytest.raises(BadInput, match="blocks"):
        PlainTransformer(())
    with pytest.raises(BadInput, match=r"blocks\[0\] = .*wide at every end"):
        PlainTransformer(((heads, Dense([np.ones((2, D))])),))
    with pytest.raises(BadInput, match="tanh"):
        PlainTransformer(((heads, Dense(part.weights, part.biases, activation="tanh")),))


def test_bad_requests_and_files_are_named(target, tmp_path):
    for options, said in (
        ({"eps": 0.05, "domain": "box:0,1"}, "^domain = box:0,1: the theorem is about tokens"),
        ({"eps": 0.05, "network_eps": 1}, "^eps"),
        ({}, "^eps"),
        ({"eps": 0.05, "theorem": None}, "^theorem = .*otsuka2026-transformer"),
        ({"eps": 0.05, "theorem": "otsuka2026-attention"}, "^target = .*about attention"),
        ({"network_eps": 1e-13}, "eps"),
    ):
        with pytest.raises(BadInput, match=said):
            build_ticket(target, **{"theorem": THEOREM, **options})
    with pytest.raises(BadInput, match="is about transformers"):
        build_ticket(target.blocks[0][0], theorem=THEOREM, eps=0.05)
    save_npz(target, tmp_path / "t.npz")
    arrays = dict(np.load(tmp_path / "t.npz"))
    for missing in ("blocks.1.attention.key.weight", "blocks.0.connected.0.weight"):
        rest = {key: value for key, value in arrays.items() if key != missing}
        np.savez(tmp_path / "u.npz", **rest)
        with pytest.raises(BadInput, match=missing):
            load_attention(tmp_path / "u.npz")


def test_the_command_line_builds_verifies_and_shows_it(target, tmp_path):
    save_npz(target, tmp_path / "t.npz")
    at, file = str(tmp_path / "t.npz"), str(tmp_path / "t.slt")
    run = CliRunner()
    asked = ["--target", at, "--theorem", THEOREM, "--eps", "0.05", "--seed", "1", "--json"]
    built = run.invoke(app, ["ticket", "build", *asked, "--out", file])
    assert built.exit_code == 0, built.output
    verified = run.invoke(app, ["ticket", "verify", file, "--target", at, "--json"])
    assert verified.exit_code == 0, verified.output
    first, second = json.loads(built.stdout), json.loads(verified.stdout)
    assert second["ok"]
    for key in ("sup_error_bound", "sup_error_found", "layer_error_bounds", "parts"):
        assert first[key] == second[key]
    shown = run.invoke(app, ["ticket", "show", file])
    assert "ball:1" in shown.output
    assert "parts[3]" in shown.output
    scarce = run.invoke(app, ["ticket", "build", *asked, "--n", "9", "--out", file])
    assert scarce.exit_code == 3
    assert json.loads(scarce.stdout)["sufficient_n"] > 9
    assert run.invoke(app, ["ticket", "verify", file, "--target", at]).exit_code == 1
