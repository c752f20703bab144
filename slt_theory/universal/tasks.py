"""One ticket, many tasks: linear readouts of the ticket's functions for real data.

Inputs are scaled to the ticket's domain and every coordinate passes through the same ticket, whose
outputs are then the features; the readout is ridge or logistic regression. A quarter of every data
set is held out by a rule on the index alone (`slt_theory.data.held_out`), scaling and readout see
the rest only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Floats
from slt_theory.data import held_out
from slt_theory.errors import BadInput
from slt_theory.extras import optional
from slt_theory.tickets.run import ticket_forward
from slt_theory.tickets.ticket import Ticket
from slt_theory.universal.family import Family, Monomials
from slt_theory.universal.features import by_coordinate, exact_values, hinge_values

__all__ = ["TASKS", "TaskResult", "run_task"]


TASKS = ("diabetes", "wine", "breast_cancer", "digits")
"""Data sets that scikit-learn brings along; the first is a regression."""

_SEED = 0
_HIDDEN = 32
_ALPHAS = tuple(10.0**k for k in range(-3, 4))


@dataclass(frozen=True)
class TaskResult:
    """Held-out scores of readouts on one data set.

    Attributes
    ----------
    task : str
    score : str
        "accuracy", or "R2" of a regression.
    train, test : int
        Examples.
    features : int
        Numbers that the ticket's readout sees.
    scores : dict
        "ticket" (strong: only the readout is trained), "exact basis" (the same functions without
        error), "transplanted" (the readout trained on the exact basis, put on the ticket), "weak"
        (the last layer's kept weights are trained too), "random features" (as many random ReLU
        features of the whole input), "trained network" (one hidden layer of 32), "inputs" (no
        features at all).
    """

    task: str
    score: str
    train: int
    test: int
    features: int
    scores: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the rule of the split."""
        return {
            "task": self.task,
            "score": self.score,
            "train": self.train,
            "test": self.test,
            "features": self.features,
            "split": "held out: index * 2654435769 mod 2^32 < 2^30",
            "scores": dict(self.scores),
        }


@dataclass(frozen=True)
class _Data:
    train: Floats
    test: Floats
    train_labels: NDArray[Any]
    test_labels: NDArray[Any]
    regression: bool


def _load(task: str) -> _Data:
    if task not in TASKS:
        raise BadInput("task", task, "is unknown", f"known: {', '.join(TASKS)}")
    datasets = optional("sklearn.datasets", "data", "a readout for real data")
    options = {"scaled": False} if task == "diabetes" else {}
    inputs, labels = getattr(datasets, f"load_{task}")(return_X_y=True, **options)
    out = held_out(len(labels))
    low, high = inputs[~out].min(axis=0), inputs[~out].max(axis=0)
    scaled = np.clip((inputs - low) / np.where(high > low, high - low, 1), 0, 1)
    return _Data(scaled[~out], scaled[out], labels[~out], labels[out], task == "diabetes")


def _readout(regression: bool) -> Any:
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    last = RidgeCV(_ALPHAS) if regression else LogisticRegression(C=0.1, tol=1e-3, max_iter=5000)
    return make_pipeline(StandardScaler(), last)


def _trained_network(regression: bool) -> Any:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    options = {
        "hidden_layer_sizes": (_HIDDEN,),
        "solver": "lbfgs",
        "alpha": 10.0,
        "max_iter": 5000,
        "random_state": _SEED,
    }
    if regression:
        last = TransformedTargetRegressor(MLPRegressor(**options), transformer=StandardScaler())
    else:
        last = MLPClassifier(**options)
    return make_pipeline(StandardScaler(), last)


def _random_features(inputs: int, count: int) -> Callable[[Floats], Floats]:
    """ReLU features with uniform weights and biases, the ticket's own kind of source."""
    from slt_theory.laws import Uniform
    from slt_theory.streams import Purpose, stream_id

    law = Uniform(bits=24)
    drawn = law.sample(_SEED, stream_id(Purpose.INPUTS, 0), 0, count * (inputs + 1))
    weights = np.ldexp(drawn.astype(np.float64), -24).reshape(count, inputs + 1)
    return lambda x: np.maximum(x @ weights[:, :-1].T + weights[:, -1], 0)


def run_task(
    task: str, ticket: Ticket, family: Family | Monomials, *, baselines: bool = True
) -> TaskResult:
    """Train readouts of one ticket, and the baselines beside it.

    Parameters
    ----------
    task : str
        One of `TASKS`.
    ticket : Ticket
        Of a family of one variable whose domain starts at 0.
    baselines : bool
        Without them only "ticket", "exact basis" and "transplanted".

    Raises
    ------
    BadInput
        If the task is unknown or the ticket takes several inputs.
    MissingExtra
        Without scikit-learn.
    """
    if not isinstance(family, Family) or family.lo != 0:
        raise BadInput(
            "family", family.name, "must be of one variable on [0, hi]", "e.g. powers:1-4"
        )
    data = _load(task)
    bases = _bases(ticket, family)
    count = data.train.shape[1] * len(family.functions)
    if baselines:
        bases["random features"] = _random_features(data.train.shape[1], count)
        bases["inputs"] = lambda x: x
    else:
        del bases["weak"]
    scores: dict[str, float] = {}
    for name, basis in bases.items():
        model = _readout(data.regression).fit(basis(data.train), data.train_labels)
        scores[name] = float(model.score(basis(data.test), data.test_labels))
        if name == "exact basis":
            moved = model.score(bases["ticket"](data.test), data.test_labels)
            scores["transplanted"] = float(moved)
    if baselines:
        network = _trained_network(data.regression).fit(data.train, data.train_labels)
        scores["trained network"] = float(network.score(data.test, data.test_labels))
    measure = "R2" if data.regression else "accuracy"
    return TaskResult(task, measure, len(data.train), len(data.test), count, scores)


def _bases(ticket: Ticket, family: Family) -> dict[str, Callable[[Floats], Floats]]:
    """Features of a ticket, of the exact functions, and of the ticket's hidden neurons."""
    stretch = float(family.hi)
    of_one: dict[str, Callable[[Floats], Floats]] = {
        "ticket": lambda x: ticket_forward(ticket, stretch * x),
        "exact basis": lambda x: exact_values(family, stretch * x[:, 0]),
        "weak": lambda x: hinge_values(ticket, stretch * x),
    }
    return {name: partial(by_coordinate, features) for name, features in of_one.items()}
