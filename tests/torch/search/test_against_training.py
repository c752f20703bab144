"""A wide random MLP holds a mask within two points of its own training: 24 paired replicates."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from slt_theory.data import digits
from slt_theory.statistics import Verdict, paired_verdict
from slt_theory.torch.search import Search, search
from slt_theory.torch.train import Mlp, Recipe, correct, draws, fit, fixed_task, initial


@pytest.mark.long
@pytest.mark.timeout(600)
def test_edge_popup_is_within_two_points_of_training():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    members, model = draws(1, 24), Mlp((64, 256, 128, 10), bias=False)
    train, test = digits()
    task = fixed_task("digits", train, test, 24)
    found = search(model, task, Search(density="0.5"), draws=members)
    start = initial(model, members, law="glorot-normal")
    trained = fit(model, start, task, Recipe(), draws=members)
    torch.set_num_threads(threads)
    differences = correct(model, found.tensors, task) - correct(model, trained.variables, task)
    margin = Fraction(len(test), 50)
    verdict = paired_verdict(differences.tolist(), margin=margin)
    assert verdict.verdict is Verdict.CONSISTENT
    # The margin is what makes it so: against one point in the other direction it must fail.
    assert paired_verdict(differences.tolist(), margin=-margin).verdict is Verdict.VIOLATED
