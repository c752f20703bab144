"""Tickets of transformers without normalisation: parts that verify, and an error that composes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.networks.attention import Attention
from slt_theory.papers.otsuka2026.transformer import (
    PlainTransformer,
    _Walk,
    build_transformer,
    certified_error,
)
from slt_theory.tickets import verify

D = 3


def matrix(rng, *shape):
    drawn = rng.normal(size=shape)
    return drawn / (2 * np.linalg.norm(drawn, 2))


def block(rng, heads=2, hidden=4):
    shapes = ((D, 2), (D, 2), (D, 2), (2, D))
    arrays = [np.stack([matrix(rng, *shape) for _ in range(heads)]) for shape in shapes]
    biases = [rng.normal(size=hidden) / 10, rng.normal(size=D) / 10]
    return Attention(*arrays), Dense([matrix(rng, hidden, D), matrix(rng, D, hidden)], biases)


@pytest.fixture(scope="module")
def target():
    rng = np.random.default_rng(1)
    return PlainTransformer((block(rng), block(rng)))


@pytest.fixture(scope="module")
def ticket(target):
    return build_transformer(target, eps=0.05, seed=1)


def tokens(rng, count, radius=1.0):
    drawn = rng.normal(size=(count, D))
    return radius * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def worst(ticket, target, trials=60):
    rng = np.random.default_rng(2)
    found = 0.0
    for trial in range(trials):
        count = (1, 2, 7, 40)[trial % 4]
        x, mask = tokens(rng, count), np.tril(np.ones((count, count), dtype=bool))
        for seen in (None, mask):
            apart = target.forward(x, mask=seen) - ticket.forward(x, mask=seen)
            found = max(found, float(np.linalg.norm(apart, axis=1).max()))
    return found


def test_two_blocks_are_found_and_no_token_is_further_off_than_certified(target, ticket):
    assert ticket.complete
    assert all(
        verify(a, b).ok
        for pair, of in zip(ticket.parts, target.blocks, strict=True)
        for a, b in zip(pair, of, strict=True)
    )
    assert certified_error(ticket, target) == ticket.error_bound
    assert 0 < worst(ticket, target) <= ticket.error_bound < 30 * worst(ticket, target)


def test_the_error_falls_with_that_of_a_weight(target, ticket):
    finer = build_transformer(target, eps=0.01, seed=1)
    assert finer.error_bound < ticket.error_bound / 3
    assert worst(finer, target) < ticket.error_bound / 3


def by_hand(ticket, target):
    """The recursion again, in plain floats."""
    radius, off = ticket.radius, 0.0
    root = math.sqrt(D)
    for (heads, part), (first, second) in zip(target.blocks, ticket.parts, strict=True):
        attn = off + root * first.certificate["sup_error_bound"]
        size = 0.0
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
        off = attn + math.prod(norms) * attn + root * second.certificate["sup_error_bound"]
    return off


def test_the_bound_is_the_recursion(target, ticket):
    assert by_hand(ticket, target) <= ticket.error_bound
    assert ticket.error_bound == pytest.approx(by_hand(ticket, target), rel=1e-9)


class Exact:
    """A ticket without error, to see what moved tokens do alone."""

    certificate: ClassVar[dict[str, float]] = {"sup_error_bound": 0.0}


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
        walk = _Walk(1.0)
        walk.off = walk.off + e
        walk.attention(sharp, Exact())
        apart = (x + step + sharp.forward(x + step)) - (x + sharp.forward(x))
        shares.append(float(np.linalg.norm(apart, axis=1).max()) / walk.error)
    # An eighth of the bound is met, so that one of an eighth would be found out.
    assert 1 / 8 < max(shares) <= 1


def test_parts_that_are_not_as_they_say_have_no_error(target, ticket):
    swapped = replace(ticket, parts=ticket.parts[::-1])
    (first, second), rest = ticket.parts
    wide = replace(first, domain="ball:0.5")
    lower = first.with_certificate({**first.certificate, "sup_error_bound": 1e-3})
    small = replace(ticket, radius=2.0)
    assert certified_error(swapped, target) == math.inf
    assert certified_error(small, target) == math.inf
    for forged in (wide, lower):
        assert certified_error(replace(ticket, parts=((forged, second), rest)), target) == math.inf
    with pytest.raises(BadInput, match="has not 2 blocks"):
        certified_error(replace(ticket, parts=ticket.parts[:1]), target)


def test_widths_and_activations_are_held_together(target):
    heads, part = target.blocks[0]
    with pytest.raises(BadInput, match="blocks"):
        PlainTransformer(())
    with pytest.raises(BadInput, match=r"blocks\[0\] = .*wide at every end"):
        PlainTransformer(((heads, Dense([np.ones((2, D))])),))
    with pytest.raises(BadInput, match="tanh"):
        PlainTransformer(((heads, Dense(part.weights, part.biases, activation="tanh")),))
