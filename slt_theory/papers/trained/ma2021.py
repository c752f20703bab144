"""Tickets with a teacher: the trained dense network's soft answers beside the labels.

Source: Ma et al., "Good students play big lottery better" (arXiv 2101.03255): temperature 5, nine
tenths of the loss from the teacher. The released code averages the divergence over batch and
classes, a tenth of the formula's on ten classes; here that is `per_entry`, and not the default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

from slt_theory.papers.trained.shared import (
    SCOPE,
    SMALL,
    Arms,
    Beats,
    Check,
    Claim,
    Outcome,
    Paper,
    Rig,
    Run,
    Scale,
    Source,
    Verdict,
    Within,
    all_of,
    control,
    functional,
    keeps,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="ma2021",
    authors="Haoyu Ma, Tianlong Chen, Ting-Kuei Hu, Chenyu You, Xiaohui Xie, Zhangyang Wang",
    title="Good students play big lottery better",
    venue="arXiv",
    year=2021,
    arxiv="2101.03255",
)


def per_example(terms: torch.Tensor) -> torch.Tensor:
    """Sum over the classes, mean over the batch: (S, B, classes) to (S,)."""
    return terms.sum(2).mean(1)


def per_entry(terms: torch.Tensor) -> torch.Tensor:
    """Mean over batch and classes alike: 1 / classes of `per_example`."""
    return terms.mean((1, 2))


def divergence_terms(
    student: torch.Tensor, teacher: torch.Tensor, temperature: float
) -> torch.Tensor:
    """The terms of KL(teacher, student), both softened: (S, B, classes), from outputs."""
    known, taught = ((each / temperature).log_softmax(2) for each in (student, teacher))
    return functional.kl_div(known, taught, reduction="none", log_target=True)


def distilled(
    model: training.Model,
    teacher: training.Tensors,
    task: training.Task,
    *,
    temperature: float = 5.0,
    share: float = 0.9,
    reduce: Callable[[torch.Tensor], torch.Tensor] = per_example,
) -> Callable[[torch.Tensor, training.Batch], torch.Tensor]:
    """The loss of a student: ``share * T^2 * KL + (1 - share) * cross-entropy``.

    Parameters
    ----------
    model, teacher
        The teacher does not learn: its answers to all examples are computed once.
    temperature : float
        T. The factor T^2 keeps the scale of the gradient.
    """
    everything = torch.arange(len(task.inputs)).expand(task.stack, -1)
    answers = training.outputs(model, teacher, task.inputs, everything)

    def loss(logits: torch.Tensor, batch: training.Batch) -> torch.Tensor:
        soft = answers.gather(1, batch.numbers[:, :, None].expand_as(logits))
        apart = reduce(divergence_terms(logits, soft, temperature))
        return share * temperature**2 * apart + (1 - share) * training.cross_entropy(logits, batch)

    return loss


#: Seven cuts' counts in one: 5.8 % of the weights.
RATE, ROUNDS = Fraction(7, 20), 7
#: Epoch 33 of the paper's 182.
LATE = Fraction(33, 182)
MARGIN, CLEAN, NOISE = 0.01, Fraction(0), Fraction(4, 5)
WARM, COLD = 5.0, 1.0


@cache
def _found(seed: int, size: Scale) -> tuple[Rig, dict[str, training.Tensors]]:
    """The dense network, which is the teacher, its one-shot masks, and where tickets start."""
    r = rig(seed, size)
    start, late = r.start(), r.steps(int(LATE * 600))
    dense = r.train(start, snapshots=(late,))
    masks = training.top(
        training.magnitude(dense.variables), keeps(r.model.shapes, RATE, ROUNDS)[-1]
    )
    found = {"start": start, "late": dense.snapshots[late], "masks": masks}
    return r, {**found, "teacher": dense.variables}


@cache
def _ticket(
    seed: int,
    size: Scale,
    temperature: float,
    *,
    noise: Fraction,
    place: str = "start",
    copy: int = 0,
) -> list[Fraction]:
    """Accuracy of a ticket; temperature 0 is without teacher, who never sees the noise."""
    clean, found = _found(seed, size)
    r = rig(seed, size, noise=noise) if noise else clean
    hooks: dict[str, Any] = {}
    if temperature:
        hooks["loss"] = distilled(r.model, found["teacher"], r.task, temperature=temperature)
    return r.accuracy(r.train(found[place], found["masks"], copy=copy, **hooks).variables)


def _terms(members: training.Draws, batch: int, classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Integer logarithms, and a teacher who is sure: terms of the divergence that are integers."""
    logs = -members.below(1 << 20, training.Use.DATA, 0, (batch, classes)).double()
    sure = members.below(classes, training.Use.DATA, 1, (batch,))
    return logs, functional.one_hot(sure, classes).double()


def reduction(seed: int, size: Scale = SMALL, *, ratio: int | None = None) -> Outcome:
    """Both means of integer terms are the float64 nearest to rationals whose ratio is C."""
    failures, cases = [], [(batch, classes) for batch in (1, 7, 60) for classes in range(2, 33)]
    for batch, classes in cases:
        logs, sure = _terms(training.draws(seed, size.replicates), batch, classes)
        terms = functional.kl_div(logs, sure, reduction="none")
        totals = [Fraction(int(total)) for total in terms.sum((1, 2)).tolist()]
        ours = per_example(terms).tolist()
        entries = per_entry(terms).tolist()
        expected = [float(total / batch) for total in totals]
        shrunk = [float(total / batch / (ratio or classes)) for total in totals]
        if not (ours == expected and entries == shrunk):
            failures.append(f"batch {batch}, {classes} classes")
    return all_of(failures, len(cases), f"mean over entries = 1/{ratio or 'C'} of the divergence")


def _at(noise: Fraction) -> dict[str, Callable[[Run], list[Fraction]]]:
    """Arms with that share of the labels random."""
    return {
        "a teacher at temperature 5": lambda run: _ticket(*run, WARM, noise=noise),
        "a teacher at temperature 1": lambda run: _ticket(*run, COLD, noise=noise),
        "no teacher": lambda run: _ticket(*run, 0, noise=noise),
        "rewinding": lambda run: _ticket(*run, 0, noise=noise, place="late"),
        "no teacher, second order": lambda run: _ticket(*run, 0, noise=noise, copy=1),
        "no teacher, third order": lambda run: _ticket(*run, 0, noise=noise, copy=2),
    }


CLEANLY = Arms(Run, _at(CLEAN), what="accuracy of the ticket with {first} over without")
#: Positive controls: four labels in five are random, and the teacher has seen the true ones.
NOISILY = replace(CLEANLY, table=_at(NOISE), what=f"{CLEANLY.what}, {NOISE} of the labels random")
WARMLY, COLDLY, ALONE = "a teacher at temperature 5", "a teacher at temperature 1", "no teacher"
REWINDING = "accuracy of the ticket with a teacher over rewinding"

NO_SEARCH = "an effect of other settings: none was tried"

ENTRIES = (
    Claim(
        id="ma2021-reduction",
        title="A mean over batch and classes is a divergence divided by the classes",
        family="around the search",
        source=Source(PAPER, "released code, its loss", "VITA-Group/KD-ticket", "code"),
        statement="The divergence of the loss is a sum over the C classes, averaged over the "
        "batch; averaged over both, as the released code does, it is exactly 1/C of that.",
        paper_scope="ten classes or a hundred, nine tenths of the loss from the teacher",
        test_scope="batches of 1, 7 and 60, 2 to 32 classes, integer terms, float64 bit for bit",
        exact=True,
        checks=(
            Check("factor", "the two means differ by exactly C", reduction),
            mutant("one mean", "the two means are one", partial(reduction, ratio=1)),
        ),
    ),
    Claim(
        id="ma2021-ticket",
        title="A ticket learns better with a teacher",
        family="around the search",
        source=Source(PAPER, "KD ticket against rewinding", "arXiv", "recalled-high"),
        statement="A one-shot ticket, reset to its initial weights and trained with the dense "
        "network's soft answers, is better than without, and on par with rewinding or better.",
        paper_scope="ResNets on CIFAR-10 and CIFAR-100, 182 epochs, temperature 5, a share of 0.9",
        test_scope=f"{SCOPE}; one cut to density 0.058",
        not_claimed=(
            NO_SEARCH,
            "that a teacher never helps here: it does where it knows more than the labels",
        ),
        checks=(
            Check(
                "temperature 5",
                "better with a teacher: reversed here, about two points worse",
                Beats(CLEANLY, WARMLY, ALONE),
                label="not-claimed",
            ),
            Check(
                "temperature 1",
                "the same with answers that are not softened: no difference here",
                Beats(CLEANLY, COLDLY, ALONE),
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "rewinding",
                "at most a point worse than rewinding to step 108: reversed here",
                Within(CLEANLY, WARMLY, "rewinding", margin=MARGIN, what=REWINDING),
                label="not-claimed",
            ),
            control(
                "no teacher, two orders",
                Beats(
                    CLEANLY,
                    "no teacher, second order",
                    "no teacher, third order",
                    what="ticket over ticket",
                ),
            ),
            Check(
                "sees a teacher at 5",
                "four labels in five random, and a teacher who saw the true ones",
                Beats(NOISILY, WARMLY, ALONE),
                recorded=Verdict.CONSISTENT,
                role="mutant",
            ),
            Check(
                "sees a teacher at 1",
                "the same at temperature 1",
                Beats(NOISILY, COLDLY, ALONE),
                recorded=Verdict.CONSISTENT,
                role="mutant",
            ),
            Check(
                "sees one beside rewinding",
                "the same against rewinding without a teacher",
                Within(NOISILY, WARMLY, "rewinding", margin=MARGIN, what=REWINDING),
                recorded=Verdict.CONSISTENT,
                role="mutant",
            ),
        ),
    ),
)
