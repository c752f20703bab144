"""Probabilistic systems: particles, gates, depths and probes against slow and exact references."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from slt_theory.papers.trained import (
    all_claims,
    antoran2020,
    liu2016,
    muratore2022,
    qian2021,
    wang2022,
)
from slt_theory.papers.trained.antoran2020 import DepthNet, Mixture, elbo, fixed, prior, pruned
from slt_theory.papers.trained.facco2017 import ratios, two_nn
from slt_theory.papers.trained.liu2016 import Regression, direction, gates, neighbours, stein
from slt_theory.papers.trained.muratore2022 import activations, probe
from slt_theory.papers.trained.qian2021 import Game, Gan
from slt_theory.papers.trained.shared.verdicts import SMALL
from slt_theory.statistics import Verdict
from slt_theory.torch.train import Batch, Mlp, Recipe, Task, Use, draws, fit, initial

CLOSE = 1e-12
CLAIMS = [claim for claim in all_claims() if claim.family == "probabilistic and biological"]
CHECKS = [(claim, check) for claim in CLAIMS for check in claim.checks]
MEMBERS = draws(4, 3)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("claim", "check"), CHECKS, ids=[f"{claim.id}-{check.name}" for claim, check in CHECKS]
)
def test_every_check_runs_small(claim, check):
    """Exact laws and counts come out as recorded; three replicates decide nothing else."""
    found = check.run(3, SMALL)
    assert found.evidence
    if {"cases", "trials"} & found.numbers.keys():
        assert found.verdict is check.expected
    elif claim.id == "facco2017-likelihood":
        assert len(found.numbers["differences"]) == 4 * SMALL.replicates
    else:
        assert found.verdict is Verdict.INCONCLUSIVE
        assert len(found.numbers["differences"]) == SMALL.replicates


# Particles.


def kernel_of(x, y, width):
    return torch.exp(-(x - y).square().sum() / width)


def test_particles_move_by_the_mean_of_scores_and_kernel_gradients():
    """Against the definition, a pair at a time, with the kernel's gradient by autograd."""
    particles = MEMBERS.normal(Use.WEIGHTS, 0, (6, 4))
    scores = MEMBERS.normal(Use.WEIGHTS, 1, (6, 4))
    kernel, width = neighbours(particles)
    moved = direction(kernel, particles, scores, width)
    for s in range(3):
        one = particles[s]
        squares = [(a - b).square().sum() for a in one for b in one]
        assert abs(sorted(squares)[17] / math.log(7) - width[s, 0, 0]) < CLOSE
        for i in range(6):
            total = torch.zeros(4, dtype=torch.float64)
            for j in range(6):
                source = one[j].clone().requires_grad_()
                value = kernel_of(source, one[i], width[s, 0, 0])
                (slope,) = torch.autograd.grad(value, source)
                total += value.detach() * scores[s, j] + slope
            assert (moved[s, i] - total / 6).abs().max() < CLOSE


rationals = st.fractions(min_value=-20, max_value=20, max_denominator=9)


@given(st.integers(2, 5), st.integers(1, 3), st.data())
@settings(max_examples=40, deadline=None)
def test_repulsions_cancel_exactly(n, d, data):
    """What is left of the summed motion is the scores', weighted by the kernel."""

    def array(*shape):
        count = math.prod(shape)
        values = data.draw(st.lists(rationals, min_size=count, max_size=count))
        return np.array(values, dtype=object).reshape(shape)

    half, particles, scores = array(n, n), array(n, d), array(n, d)
    kernel = half + half.T
    motion = direction(kernel, particles, scores, Fraction(7, 3))
    assert (n * motion.sum(0) == kernel.sum(0) @ scores).all()


def test_the_hook_turns_a_gradient_step_into_a_stein_step():
    model = Regression(5, 3, noise=0.5)
    inputs = MEMBERS.normal(Use.DATA, 0, (7, 3))[0]
    labels = MEMBERS.normal(Use.DATA, 1, (7,))[0]
    rows = torch.arange(7).expand(3, -1)
    task = Task("lines", inputs, labels, rows, rows[:, :0], rows[:, :0])
    start = MEMBERS.normal(Use.WEIGHTS, 0, (5, 3))
    found = fit(
        model,
        {"particles": start},
        task,
        Recipe(steps=1, batch=None, method="sgd", rate=0.25, momentum=0.0),
        draws=MEMBERS,
        loss=model.likelihood,
        penalty=model.penalty,
        on_gradient=[stein],
    )
    errors = labels - start @ inputs.T
    scores = errors @ inputs / 0.5 - start
    kernel, width = neighbours(start)
    wanted = start + 0.25 * direction(kernel, start, scores, width)
    assert (found.variables["particles"] - wanted).abs().max() < CLOSE


def test_gated_energies_are_those_of_their_density():
    model = Regression(2, 3, noise=0.5, prior=0.3)
    particles = MEMBERS.normal(Use.WEIGHTS, 0, (2, 6))
    weights, opened = gates(particles)
    inputs = MEMBERS.normal(Use.DATA, 0, (4, 3))
    outputs = model({"particles": particles}, inputs)
    energy = model.penalty({"particles": particles}, 0.0)
    for s in range(3):
        total = 0.0
        for k in range(2):
            assert (
                outputs[s, :, k] - inputs[s] @ (weights[s, k] * opened[s, k])
            ).abs().max() < 1e-9
            for w, z in zip(
                particles[s, k, :3].tolist(), particles[s, k, 3:].tolist(), strict=True
            ):
                g = 1 / (1 + math.exp(-z))
                # Bernoulli to the power g, times the density of the logit of a uniform gate.
                total += w * w / 2 - g * math.log(0.3) - (1 - g) * math.log(0.7)
                total += math.log(0.7) - math.log(g * (1 - g))
        assert abs(total - float(energy[s])) < 1e-9


def test_ten_rows_have_the_posterior_of_three_hundred():
    base = liu2016.ridge(3, SMALL)
    for task, count in ((base.task, 300), (base.short, 10)):
        inputs, answers = task.inputs[task.train], task.answers(task.train)
        assert inputs.shape[1] == count
        precision = inputs.mT @ inputs / liu2016.NOISE + torch.eye(10, dtype=torch.float64)
        mean = torch.linalg.solve(precision, inputs.mT @ answers[:, :, None] / liu2016.NOISE)
        assert (mean[:, :, 0] - base.mean).abs().max() < 1e-9


def test_order_statistics_of_independent_draws_hold_nine_tenths():
    """On average, whatever the law: (n + 1 - 2 (n + 1) / 20) / (n + 1)."""
    base = liu2016.ridge(3, SMALL)
    masses = []
    for copy in range(200):
        normal = base.members.normal(Use.DATA, copy, (19, 10))
        masses += wang2022.mass(base, base.mean[:, None] + normal * base.deviation[:, None])
    # A mass of 19 draws has standard deviation below 0.07, 600 x 10 of them below 0.001.
    assert abs(sum(masses) / len(masses) - 0.9) < 0.007


# Depths.


@cache
def small_net():
    net = DepthNet(6, 5, 3, 4, examples=8)
    tensors = {n: v.double() for n, v in initial(net, MEMBERS, copy=1).items()}
    tensors["depth"] = MEMBERS.normal(Use.SCORES, 0, (4,))
    net.log_prior = prior(3)
    return net, tensors, MEMBERS.uniform(Use.DATA, 0, (8, 6))


def test_the_loss_is_minus_the_evidence_lower_bound():
    """Against loops over replicates, examples and depths."""
    net, tensors, inputs = small_net()
    labels = MEMBERS.below(4, Use.DATA, 1, (8,))
    found = net.loss(net(tensors, inputs), Batch(labels, inputs, labels))
    weights = [0.85 ** (1 + d) for d in range(4)]
    for s in range(3):
        q = tensors["depth"][s].softmax(0).tolist()
        bound = 0.0
        for d in range(4):
            likelihood = 0.0
            for x, y in zip(inputs[s], labels[s].tolist(), strict=True):
                value = (tensors["first.weight"][s] @ x).relu()
                for k in range(1, d + 1):
                    value = value + (tensors[f"{k}.weight"][s] @ value).relu()
                likelihood += float((tensors["last.weight"][s] @ value).log_softmax(0)[y])
            bound += q[d] * (likelihood + math.log(weights[d] / sum(weights)) - math.log(q[d]))
        assert abs(float(found[s]) + bound / 8) < 1e-9


def test_pruning_keeps_all_mass_and_needs_nothing_behind_the_cut():
    net, tensors, inputs = small_net()
    mixture, cut = Mixture(net), pruned(tensors, torch.tensor([1, 2, 0]))
    q, kept = tensors["depth"].softmax(1), cut["depth"].exp()
    for s, last in enumerate((1, 2, 0)):
        assert (kept[s, :last] - q[s, :last]).abs().max() < CLOSE if last else True
        assert abs(float(kept[s, last] - q[s, last:].sum())) < CLOSE
        assert not kept[s, last + 1 :].any()
    outputs = mixture(cut, inputs)
    assert (outputs.sum(2) - 1).abs().max() < CLOSE
    other = {**cut, "3.weight": -cut["3.weight"]}
    assert torch.equal(mixture(other, inputs), outputs)
    for s in range(3):
        most = int(q[s].argmax())
        assert int(pruned(tensors)["depth"][s].isfinite().sum()) == most + 1
    alone = mixture(fixed(tensors, torch.tensor([1, 1, 1])), inputs)
    every = net(tensors, inputs)
    assert (alone - every[:, :, 1, :-1].softmax(2)).abs().max() < CLOSE


@given(st.lists(st.integers(1, 50), min_size=2, max_size=6), st.data())
@settings(max_examples=30, deadline=None)
def test_no_distribution_beats_the_posterior(shares, data):
    count = len(shares)
    likelihood = np.array(data.draw(st.lists(st.floats(-9, 0), min_size=count, max_size=count)))
    log_prior = np.log(np.full(count, 1 / count))
    joint = np.exp(likelihood + log_prior)
    posterior, q = joint / joint.sum(), np.array(shares) / sum(shares)
    best = elbo(likelihood, posterior, np.log(posterior), log_prior)
    assert abs(best - math.log(joint.sum())) < 1e-9
    assert elbo(likelihood, q, np.log(q), log_prior) <= best + 1e-9


def test_calibration_error_is_the_gap_of_every_bin():
    tensors = antoran2020.trained(3, SMALL)
    found = antoran2020.calibration(3, SMALL, tensors)
    r = antoran2020.digits_rig(3, SMALL)
    values = Mixture(antoran2020.net())(tensors, r.task.inputs[r.task.test])
    answers = r.task.answers(r.task.test)
    for s in range(3):
        bins = [[] for _ in range(antoran2020.BINS)]
        for row, label in zip(values[s].double().tolist(), answers[s].tolist(), strict=True):
            confidence = max(row)
            place = min(int(confidence * antoran2020.BINS), antoran2020.BINS - 1)
            bins[place].append((row.index(confidence) == label) - confidence)
        assert abs(sum(abs(sum(gaps)) for gaps in bins) / 497 - found[s]) < 1e-9


# Layers.


def test_ratios_are_exact_in_integers_and_duplicates_have_none():
    points = MEMBERS.below(50, Use.DATA, 0, (30, 3))
    points[1, 4] = points[1, 7]
    found = ratios(points)
    for s in range(3):
        rows = points[s].tolist()
        for k, row in enumerate(rows):
            squares = sorted(
                sum((a - b) ** 2 for a, b in zip(row, other, strict=True))
                for j, other in enumerate(rows)
                if j != k
            )
            if squares[0] == 0:
                assert found[s, k].isnan()
            else:
                assert float(found[s, k]) == squares[1] / squares[0]
    assert found[1].isnan().sum() >= 2
    logs = [math.log(v) / 2 for v in found[1].tolist() if not math.isnan(v)]
    assert abs(float(two_nn(found)[1]) - len(logs) / sum(logs)) < 1e-9


def test_a_probe_is_ridge_regression():
    train, test = (MEMBERS.normal(Use.DATA, k, (n, 4)) for k, n in enumerate((20, 6)))
    targets = MEMBERS.normal(Use.DATA, 2, (20, 2))
    found = probe(train, targets, test, ridge=0.5)
    for s in range(3):
        features = np.c_[train[s].numpy(), np.ones(20)]
        # Ridge is least squares with sqrt(ridge) times the identity below the data.
        stacked = np.r_[features, math.sqrt(0.5) * np.eye(5)]
        padded = np.r_[targets[s].numpy(), np.zeros((5, 2))]
        weights = np.linalg.lstsq(stacked, padded, rcond=None)[0]
        wanted = np.c_[test[s].numpy(), np.ones(6)] @ weights
        assert np.abs(found[s].numpy() - wanted).max() < 1e-9


def test_a_probe_reads_what_is_there_and_nothing_else():
    r = muratore2022.digits_rig(3, SMALL)
    model = Mlp(muratore2022.WIDTHS)
    hidden = activations(model, r.start(), r.task, "test")
    assert [layer.shape for layer in hidden] == [(3, 497, 100)] * 4
    assert all((layer >= 0).all() for layer in hidden)
    light = muratore2022.luminance(r)
    assert r.task.inputs.min() >= 0
    assert r.task.inputs.max() <= 1.5
    # Brightness is by lot: no class has much of it.
    labels = r.task.labels
    means = torch.stack([light[labels == k].mean() for k in range(10)])
    assert means.max() - means.min() < 0.5 * light.std()


# The game.


def test_each_side_moves_in_its_turns_only():
    r = qian2021.digits_rig(3, SMALL)
    gan = Gan(channels=2, noise=4)
    game, turns, before = Game(gan, r.draws, 5, turns=2), [], {}

    def watch(moment):
        moved = {
            n.split(".")[0] for n, v in moment.variables.items() if not torch.equal(v, before[n])
        }
        turns.append(moved)
        before.update({n: v.clone() for n, v in moment.variables.items()})

    start = initial(gan, r.draws, law="glorot-normal")
    before.update(start)
    recipe = Recipe(steps=6, batch=5, method="adam", rate=1e-2)
    fit(
        gan,
        start,
        r.task,
        recipe,
        draws=r.draws,
        effective=game.effective,
        loss=game.loss,
        on_step=[watch],
    )
    assert turns == [{"judge"}, {"judge"}, {"make"}] * 2


def test_a_generator_with_closed_gates_is_the_plain_one():
    r = qian2021.digits_rig(3, SMALL)
    gan, plain = Gan(channels=2, noise=4), Gan(channels=2, noise=4, gates=False)
    tensors = initial(gan, r.draws, law="glorot-normal")
    for level in ("one", "two"):
        tensors[f"make.channels.{level}.bias"].fill_(-100)
    tensors |= Game(gan, r.draws, 5).lots(1, 5)
    assert torch.equal(gan.make(tensors), plain.make(tensors))
    tensors["make.channels.two.bias"].fill_(1)
    tensors["make.positions.two.bias"].fill_(1)
    assert not torch.equal(gan.make(tensors), plain.make(tensors))


def test_the_discrepancy_of_a_sample_with_itself_is_about_0_and_of_noise_is_not():
    r = qian2021.digits_rig(3, SMALL)
    found = qian2021.discrepancy(3, SMALL, gates=False, trained=False)
    made = qian2021.images(3, SMALL, gates=False, trained=False).double()
    real = r.task.inputs[r.task.test].double()
    known = r.task.inputs[r.task.train][0].double()
    width = float((known[:500, None] - known[None, 500:]).square().sum(2).flatten().median())

    def kernel(x, y):
        return math.exp(-float((x - y).square().sum()) / width)

    few = 12  # of the first replicate: the estimator itself, a pair at a time
    a, b = made[0, :few], real[0, :few]
    own = [
        sum(kernel(p[i], p[j]) for i in range(few) for j in range(few) if i != j)
        / (few * (few - 1))
        for p in (a, b)
    ]
    across = sum(kernel(x, y) for x in a for y in b) / few**2
    slow = own[0] + own[1] - 2 * across
    assert abs(slow - qian2021.mmd(a[None], b[None], width)[0]) < 1e-9
    assert min(found) > 0.1
    halves = qian2021.mmd(real[:, :248], real[:, 248:496], width)
    assert max(abs(value) for value in halves) < 0.02
