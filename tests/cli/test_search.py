"""slt search: its keys, its models, its refusals."""

from __future__ import annotations

import json
import sys

import pytest
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import BadInput, MissingExtra


def run(*arguments):
    return CliRunner().invoke(app, ["search", *map(str, arguments)])


def test_digits_give_the_keys_that_others_rely_on():
    done = run(
        "--model",
        "mlp",
        "--density",
        "0.4",
        "--lock",
        "0.1",
        "--prune",
        "0.3",
        "--seeds",
        2,
        "--width",
        4,
        "--steps",
        150,
        "--json",
    )
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    weights = 64 * 16 + 16 * 8 + 8 * 10
    assert record["mask_bits"] == weights - round(0.1 * weights) - round(0.3 * weights)
    assert abs(record["density"] * weights - 0.4 * weights) <= 0.5
    assert record["accuracy_low"] <= record["accuracy"] <= record["accuracy_high"]
    assert record["interval_level"] == 0.5  # two networks
    assert record["trained_accuracy"] > 0.3  # chance is 0.1
    assert record["search"]["density"] == "2/5"


@pytest.mark.parametrize("model", ["conv", "resnet"])
def test_the_other_image_models_run(model):
    done = run("--model", model, "--seeds", 1, "--width", 2, "--steps", 2)
    assert done.exit_code == 0, done.output
    assert "mask bits" in done.stdout


def test_gin_runs_on_the_karate_club():
    done = run(
        "--model", "gin", "--data", "karate", "--seeds", 3, "--steps", 60, "--width", 8, "--json"
    )
    record = json.loads(done.stdout)
    assert (record["data"]["train"], record["data"]["test"]) == (17, 17)
    assert record["accuracy"] > 0.6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "gin"], "gin goes with graphs"),
        (["--data", "karate"], "gin goes with graphs"),
        (["--model", "lstm"], "known"),
        (["--data", "nowhere"], "neither known nor a folder"),
        (["--seeds", "0"], "must be >= 1"),
        (["--density", "0.9", "--prune", "0.5"], "feasible"),
    ],
)
def test_bad_input_says_what_is_wrong(arguments, words):
    error = run(*arguments).exception
    assert isinstance(error, BadInput)
    assert words in str(error)


def test_without_torch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    error = run().exception
    assert isinstance(error, MissingExtra)
    assert "slt-theory[torch]" in str(error)
