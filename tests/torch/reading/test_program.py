"""Files of torch.export: read as the function they are, without unpickling; damage is named."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from drawn import draw  # noqa: E402
from torch import nn  # noqa: E402

import slt_theory as slt  # noqa: E402
from slt_theory.errors import BadInput, UnreadableFile  # noqa: E402
from slt_theory.torch.reading.program import read_program  # noqa: E402


def saved(module, shape, path, batch=None):
    """Export with a fixed batch, or one of any size."""
    dynamic = None if batch else ({0: torch.export.Dim("batch")},)
    example = torch.zeros(batch or 2, *shape, dtype=next(module.parameters()).dtype)
    program = torch.export.export(module.eval(), (example,), dynamic_shapes=dynamic)
    torch.export.save(program, path)
    return path


def convolutional():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(16, 5), nn.GELU(), nn.Linear(5, 3),
    )  # fmt: skip


@pytest.mark.parametrize("batch", [None, 1, 2, 5])
def test_a_file_is_the_module(tmp_path, batch):
    module = convolutional()
    network = slt.load_target(saved(module, (1, 4, 4), tmp_path / "net.pt2", batch))
    x = torch.randn(6, 1, 4, 4)
    with torch.no_grad():
        theirs = module.double()(x.double()).numpy()
    ours = network.forward(x.double().reshape(6, -1).numpy())
    # Sums of fewer than 64 products of numbers below 16.
    assert np.abs(ours - theirs).max() < 2.0**-36


@pytest.mark.parametrize("seed", range(6))
def test_random_modules_come_back(tmp_path, seed):
    rng = np.random.default_rng([seed, 3])
    module, shape, names = draw(rng)
    while not list(module.parameters()) or "masked layer" in names:  # nothing to save
        module, shape, names = draw(rng)
    network = read_program(saved(module, shape, tmp_path / "net.pt2", 3)).network
    direct = slt.from_module(module, torch.zeros(1, *shape))
    x = rng.normal(size=(5, network.size_in))
    assert np.allclose(network.forward(x), direct.forward(x), rtol=1e-9, atol=1e-9)


def changed(path, out, change):
    """The archive with `change(name, content)` in the place of each part; None drops it."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return out


def in_graph(edit):
    def change(name, content):
        if "/models/" not in name:
            return content
        record = json.loads(content)
        edit(record["graph_module"])
        return json.dumps(record).encode()

    return change


def text_argument(module):
    node = module["graph"]["nodes"][0]
    node["target"] = "torch.ops.aten.from_file.default"
    node["inputs"][0]["arg"] = {"as_string": "/etc/hostname"}


def target(name):
    def edit(module):
        module["graph"]["nodes"][0]["target"] = name

    return in_graph(edit)


def pickled(name, content):
    if not name.endswith("model_weights_config.json"):
        return content
    record = json.loads(content)
    next(iter(record["config"].values()))["use_pickle"] = True
    return json.dumps(record).encode()


HOSTILE = {
    "another library": (target("torch.ops.slt_theory.slopes.default"), "no operator of torch's"),
    "python": (target("os.system"), "no operator of torch's own"),
    "no such operator": (target("torch.ops.aten.nothing.default"), "no operator of torch's own"),
    "a file name": (in_graph(text_argument), "takes a text"),
    "pickled weights": (pickled, "nothing is unpickled"),
    "no graph": (lambda n, c: None if "/models/" in n else c, "0 models inside"),
    "no weights": (lambda n, c: None if "weight_0" in n else c, "damaged"),
    "short weights": (lambda n, c: c[:8] if n.endswith("weight_0") else c, "damaged"),
    "no JSON": (lambda n, c: c[:-9] if "/models/" in n else c, "damaged"),
    "two inputs": (
        in_graph(lambda m: m["signature"]["input_specs"].append(m["signature"]["input_specs"][-1])),
        "one input and one output",
    ),
    "nodes of nothing": (in_graph(lambda m: m["graph"]["nodes"].clear()), "cannot record it"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_files_of_others_are_refused_by_name(tmp_path, name):
    change, says = HOSTILE[name]
    path = saved(convolutional(), (1, 4, 4), tmp_path / "net.pt2")
    with pytest.raises((BadInput, UnreadableFile), match=says):
        slt.load_target(changed(path, tmp_path / "other.pt2", change))


def test_cut_and_compressed_files_are_refused(tmp_path):
    path = saved(convolutional(), (1, 4, 4), tmp_path / "net.pt2")
    content = path.read_bytes()
    for length in (0, 10, len(content) // 2, len(content) - 5):
        path.write_bytes(content[:length])
        with pytest.raises(UnreadableFile, match=r"\.pt2"):
            slt.load_target(path)
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(UnreadableFile, match="compressed"):
        slt.load_target(path)
