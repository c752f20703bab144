"""The installed `slt` itself: exit codes, streams, and how fast it starts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


def slt(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    script = Path(sys.executable).with_name("slt")
    found = str(script) if script.exists() else shutil.which("slt")
    assert found, "the console script is not installed"
    return subprocess.run(
        [found, *map(str, arguments)], capture_output=True, text=True, timeout=120, cwd=cwd
    )


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    path = tmp_path_factory.mktemp("target") / "net.npz"
    np.savez(path, **{"fc1.weight": np.array([[0.5, -0.25]], dtype=np.float32)})
    return path


def one_line(text: str) -> str:
    """An error is one line that starts with the program's name, never a traceback."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("slt: ")
    return lines[0]


def test_json_is_alone_on_stdout_and_logs_are_not(target, tmp_path):
    built = slt(
        "ticket",
        "build",
        "--target",
        target,
        "--eps",
        "0.1",
        "--n",
        30,
        "--seed",
        1,
        "--out",
        tmp_path / "t",
        "--json",
    )
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["complete"]
    assert built.stdout.count("\n") == 1
    assert built.stderr == ""
    checked = slt("ticket", "verify", tmp_path / "t", "--target", target, "--json")
    assert checked.returncode == 0
    assert json.loads(checked.stdout)["ok"]
    again = slt(
        "ticket",
        "build",
        "--target",
        target,
        "--eps",
        "0.1",
        "--n",
        30,
        "--seed",
        1,
        "--threads",
        1,
        "--out",
        tmp_path / "u",
    )
    assert again.returncode == 0
    assert (tmp_path / "u").read_bytes() == (tmp_path / "t").read_bytes()


def test_exit_code_1_for_a_wrong_ticket(target, tmp_path):
    slt("ticket", "build", "--target", target, "--eps", "0.1", "--n", 30, "--out", tmp_path / "t")
    other = tmp_path / "other.npz"
    np.savez(other, **{"fc1.weight": np.array([[0.5, -0.5]], dtype=np.float32)})
    checked = slt("ticket", "verify", tmp_path / "t", "--target", other)
    assert checked.returncode == 1
    assert "another target" in checked.stdout


def test_exit_code_2_for_bad_input_in_one_line(target, tmp_path):
    (tmp_path / "short").write_bytes(b"PK\x03\x04")
    for arguments, words in (
        (("solve", "--sample", "nowhere", "--target", 1), ("sample = nowhere", "does not exist")),
        (("bound", "lueker1998-rs", "--eps", "0.1"), ("lueker1998-rss",)),
        (("ticket", "verify", tmp_path / "short", "--target", target), ("ticket = ",)),
        (("threshold", "--eps", "nan"), ("eps = nan",)),
    ):
        result = slt(*arguments)
        assert result.returncode == 2, result.stderr
        assert result.stdout == ""
        assert all(word in one_line(result.stderr) for word in words), result.stderr


def test_exit_code_2_for_a_wrong_use():
    for arguments in (("nothing",), ("solve",), ("solve", "--nothing")):
        result = slt(*arguments)
        assert result.returncode == 2
        assert result.stdout == ""
        assert "Traceback" not in result.stderr


def test_exit_code_3_when_nothing_is_found(tmp_path):
    (tmp_path / "s").write_text("0.5 0.25")
    result = slt("solve", "--sample", tmp_path / "s", "--target", 0.4, "--eps", 0.01, "--json")
    assert result.returncode == 3
    assert json.loads(result.stdout)["proof_of_absence"]


def test_exit_code_4_for_a_missing_extra(tmp_path):
    """Without torch a .pt file names the extra; a stand-in that cannot be imported hides it."""
    stub = tmp_path / "torch.py"
    stub.write_text("raise ImportError('hidden')\n")
    (tmp_path / "net.pt").write_bytes(b"PK\x03\x04 not much of a state dict")
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from slt_theory.cli import main; main()"
    )
    arguments = ["ticket", "build", "--target", "net.pt", "--eps", "0.1", "--out", "t"]
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert result.returncode == 4, result.stderr
    assert "slt-theory[torch]" in one_line(result.stderr)
    assert not (tmp_path / "t").exists()


def test_exit_code_5_for_a_request_beyond_memory(tmp_path):
    wide = tmp_path / "wide.npz"
    np.savez(wide, **{"fc1.weight": np.full((3000, 3000), 0.5, dtype=np.float32)})
    result = slt(
        "ticket",
        "build",
        "--target",
        wide,
        "--eps",
        0.1,
        "--n",
        4096,
        "--memory",
        "2G",
        "--out",
        tmp_path / "t",
    )
    assert result.returncode == 5, result.stderr
    message = one_line(result.stderr)
    assert "GiB" in message
    assert "lower n" in message
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("text", ["1e999999999", "1e-999999999"])
def test_absurd_exponents_are_answered_at_once(text, tmp_path):
    (tmp_path / "s").write_text("0.5")
    result = slt("solve", "--sample", tmp_path / "s", "--target", text)
    assert result.returncode == 2
    assert "target" in one_line(result.stderr)


def test_huge_numbers_are_answered_not_crashed_on(tmp_path):
    (tmp_path / "s").write_text("1e400 0.5")
    result = slt("solve", "--sample", tmp_path / "s", "--target", "1")
    assert result.returncode == 2
    assert "must be below 2^1023" in one_line(result.stderr)


def test_with_json_an_error_is_json_on_stdout_with_the_same_code(tmp_path):
    for arguments, code, kind, argument in (
        (("threshold", "--eps", "nan"), 2, "BadInput", "eps"),
        (("bound", "lueker1998-rs"), 2, "BadInput", "theorem"),
        (("bound", "lueker1998-rss"), 2, "BadInput", "eps, network_eps"),
        (("solve", "--sample", "nowhere", "--target", 1), 2, "UnreadableFile", "sample"),
        (("solve",), 2, "MissingParameter", None),
        (("threshold", "--nothing"), 2, "NoSuchOption", None),
    ):
        result = slt(*arguments, "--json", cwd=tmp_path)
        assert result.returncode == code, result.stderr
        assert set(error := json.loads(result.stdout)["error"]) == {
            "kind",
            "argument",
            "value",
            "message",
            "way_out",
        }
        assert error["kind"] == kind
        assert argument is None or error["argument"] == argument
        assert error["message"] in one_line(result.stderr)


def test_a_fault_of_ours_is_70_also_in_json():
    code = (
        "import sys; import slt_theory.experiments as e; from slt_theory.cli import main\n"
        "def fails(**given): raise ZeroDivisionError('planted')\n"
        "e.threshold = fails; sys.argv = ['slt', *sys.argv[1:]]; main()"
    )
    for more in ((), ("--json",)):
        result = subprocess.run(
            [sys.executable, "-c", code, "threshold", "--eps", "0.1", *more],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 70
        assert "ZeroDivisionError: planted" in result.stderr
        if more:
            assert json.loads(result.stdout)["error"]["kind"] == "ZeroDivisionError"


def test_the_version():
    from slt_theory import __version__

    assert slt("--version").stdout == f"slt {__version__}\n"
    assert "--install-completion" in slt("--help").stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_full_disk_is_no_fault_of_the_program(options):
    script = Path(sys.executable).with_name("slt")
    with open("/dev/full", "w") as full:
        found = subprocess.run(
            [script, "laws", *options], stdout=full, stderr=subprocess.PIPE, text=True, timeout=120
        )
    assert found.returncode == 5
    assert "standard output cannot be written: No space left" in one_line(found.stderr)
