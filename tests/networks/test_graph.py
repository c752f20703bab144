"""Networks of any steps against torch and loops: strides, dilation, groups, pools, skips, bases."""

from __future__ import annotations

import json

import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.networks import (
    Architecture,
    Conv,
    Dense,
    Geometry,
    from_layers,
    load_target,
    parse_activation,
    read_architecture,
    save_npz,
    target_hash,
)
from slt_theory.networks.bases import generators, orbit_basis, shipped_basis
from slt_theory.networks.graph import skeleton
from slt_theory.networks.layers import (
    ActivationLayer,
    BatchNormLayer,
    ConvolutionLayer,
    EquivariantLayer,
    FlattenLayer,
    LinearLayer,
    PoolLayer,
    Residual,
)
from slt_theory.networks.unrolling import basis_unrolling, convolution_unrolling
from slt_theory.tickets.checking.rounding import rounding_bound
from slt_theory.tickets.checking.unrolled import run_source, target_maps

RNG = np.random.default_rng


def residual_net(rng, *, activation="relu", norm=False):
    """Stride, dilation, groups, both pools, a projected and an identity skip, flatten."""

    def weight(*shape):
        return rng.normal(size=shape) * 0.3

    def batch_norm(channels):
        if not norm:
            return []
        return [
            BatchNormLayer(
                weight(channels), rng.uniform(0.5, 2, channels), weight(channels), weight(channels)
            )
        ]

    act = ActivationLayer(activation)
    body = [
        ConvolutionLayer(weight(6, 4, 3, 3), weight(6), stride=2, padding=1),
        *batch_norm(6),
        act,
        ConvolutionLayer(weight(6, 3, 3, 3), None, padding=2, dilation=2, groups=2),
        *batch_norm(6),
    ]
    shortcut = [ConvolutionLayer(weight(6, 4, 1, 1), stride=2)]
    return [
        ConvolutionLayer(weight(4, 2, 3, 2), weight(4), padding=(1, 0)),
        act,
        PoolLayer("max", 3, 2, 1),
        Residual(body, shortcut),
        act,
        Residual([ConvolutionLayer(weight(6, 6, 3, 3), weight(6), padding=1)]),
        PoolLayer("average", 2),
        FlattenLayer(),
        LinearLayer(weight(3, 6), weight(3)),
    ]


def in_torch(layers, x):
    """The same list of layers in torch, float64."""
    import torch
    import torch.nn.functional as F

    def tensor(a):
        return None if a is None else torch.from_numpy(np.array(a, dtype=np.float64))

    for layer in layers:
        if isinstance(layer, Residual):
            x = in_torch(layer.body, x) + in_torch(layer.shortcut, x)
        elif isinstance(layer, ConvolutionLayer):
            x = F.conv2d(
                x,
                tensor(layer.weight),
                tensor(layer.bias),
                layer.stride,
                layer.padding,
                layer.dilation,
                layer.groups,
            )
        elif isinstance(layer, LinearLayer):
            x = F.linear(x, tensor(layer.weight), tensor(layer.bias))
        elif isinstance(layer, BatchNormLayer):
            x = F.batch_norm(
                x,
                tensor(layer.mean),
                tensor(layer.variance),
                tensor(layer.weight),
                tensor(layer.bias),
                eps=layer.epsilon,
            )
        elif isinstance(layer, ActivationLayer):
            name = layer.name
            x = F.leaky_relu(x, 0.1) if name.startswith("leaky") else getattr(torch, name)(x)
        elif isinstance(layer, PoolLayer):
            pool = F.max_pool2d if layer.kind == "max" else F.avg_pool2d
            x = pool(x, layer.side, layer.stride, layer.padding)
        else:
            x = x.flatten(1)
    return x


@pytest.mark.parametrize("activation", ["relu", "leaky_relu(0.1)", "tanh", "sigmoid"])
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("seed", range(2))
def test_forward_equals_torch_within_rounding(activation, norm, seed):
    torch = pytest.importorskip("torch")
    layers = residual_net(RNG(seed), activation=activation, norm=norm)
    network = from_layers(layers, input_shape=(2, 7, 6))
    x = RNG(seed + 10).normal(size=(3, 2, 7, 6))
    theirs = in_torch(layers, torch.from_numpy(x)).numpy()
    # Each differs from the exact outputs by at most the derived bound of summing in any order;
    # a batch norm that is not folded adds four roundings a number, which that bound, at least six
    # a number, covers once more.
    exact = target_maps(network)
    bound = rounding_bound(network, exact, run_source(network, exact, x.reshape(3, -1)))[-1]
    gap = np.abs(network.forward(x) - theirs).reshape(3, -1)
    assert (gap <= (3 if norm else 2) * bound).all()


def integer_layers(rng):
    return [
        ConvolutionLayer(rng.integers(-3, 4, (4, 1, 3, 3)), rng.integers(-3, 4, 4), 2, 1, 1, 2),
        ActivationLayer("relu"),
        Residual([ConvolutionLayer(rng.integers(-3, 4, (4, 4, 3, 3)), None, 1, 2, 2)]),
        PoolLayer("max", 2, 1),
    ]


def test_integers_are_exact_and_unrolled_matrices_are_the_layers():
    torch = pytest.importorskip("torch")
    layers = integer_layers(RNG(3))
    network = from_layers(layers, input_shape=(2, 9, 8))
    x = RNG(4).integers(-5, 6, (2, 2, 9, 8)).astype(float)
    assert network.forward(x).tolist() == in_torch(layers, torch.from_numpy(x)).tolist()
    values = network.run(x.reshape(2, -1))
    for layer, place in enumerate(network.inputs_of_layers):
        operator, bias = network.operator(layer), network.biases[layer]
        matrix = operator.tocsr()
        assert matrix.shape == operator.shape
        by_matrix = (matrix @ values[place].T).T
        assert operator.apply(values[place]).tolist() == by_matrix.tolist()
        out = by_matrix if bias is None else by_matrix + network.spread(layer, bias)
        assert out.tolist() == values[place + 1].tolist()
        back = RNG(5).integers(-3, 4, (2, operator.shape[0])).astype(float)
        assert operator.back(back).tolist() == (matrix.T @ back.T).T.tolist()
        for channel in range(2):
            rows, columns, entries = operator.entries(channel)
            dense = np.zeros((network.unrolling(layer).sites_out, operator.shape[1]))
            np.add.at(dense, (rows, columns), entries)
            start = channel * len(dense)
            assert dense.tolist() == matrix.toarray()[start : start + len(dense)].tolist()


def test_a_large_batch_is_cut_into_parts(monkeypatch):
    network = from_layers(integer_layers(RNG(3)), input_shape=(2, 9, 8))
    x = RNG(4).integers(-5, 6, (7, 2, 9, 8)).astype(float)
    whole = network.forward(x)
    monkeypatch.setattr("slt_theory.networks.unrolling._MOST_NUMBERS", 1)
    assert network.forward(x).tolist() == whole.tolist()


@pytest.mark.parametrize(
    ("arguments", "tap"),
    [
        (((5, 5), (3, 3), (1, 1), (1, 1), (1, 1)), 4),
        (((5, 5), (3, 3), (1, 1), (0, 0), (1, 1)), 0),
        (((8, 8), (3, 3), (2, 2), (1, 1), (1, 1)), 4),
        (((7, 7), (5, 5), (1, 1), (4, 4), (2, 2)), 12),
        (((7, 7), (3, 3), (1, 1), (1, 1), (2, 2)), None),
        (((6, 6), (3, 3), (1, 1), (2, 2), (1, 1)), None),
        (((6, 6), (3, 2), (1, 1), (1, 0), (1, 1)), 2),
    ],
)
def test_the_constant_tap_never_meets_the_padding(arguments, tap):
    unrolling = convolution_unrolling(*arguments)
    sides, kernel, stride, padding, dilation = arguments
    inside = [
        {
            u
            for u in range(kernel[d])
            if all(
                0 <= i * stride[d] + u * dilation[d] - padding[d] < sides[d]
                for i in range(
                    (sides[d] + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1) // stride[d] + 1
                )
            )
        }
        for d in (0, 1)
    ]
    good = sorted(u * kernel[1] + v for u in inside[0] for v in inside[1])
    assert unrolling.constant_tap == (good[0] if good else None)
    assert unrolling.constant_tap == tap or tap is None


def test_a_bias_that_no_tap_can_carry_is_refused():
    network = Conv((np.ones((1, 1, 3, 3)),), ([1.0],), (), (Geometry(padding=2),), (1, 6, 6))
    with pytest.raises(BadInput, match=r"conv1\.bias"):
        network.matrix(0)


GROUPS = ["cyclic:5", "shifts:2x3", "permutations:4", "rotations:3"]


@pytest.mark.parametrize("name", GROUPS)
def test_bases_commute_with_their_group_and_span_all_that_do(name):
    basis = shipped_basis(name)
    sites = basis.shape[1]
    assert (basis.sum(axis=0) == 1).all()
    constraints = []
    for g in generators(name):
        move = np.zeros((sites, sites))
        move[g, np.arange(sites)] = 1
        assert all((move @ element == element @ move).all() for element in basis)
        constraints.append(np.kron(move, np.eye(sites)) - np.kron(np.eye(sites), move.T))
    rank = np.linalg.matrix_rank(np.vstack(constraints))
    assert sites**2 - rank == len(basis)


@pytest.mark.parametrize("name", GROUPS)
def test_equivariant_layers_are_equivariant_bit_for_bit(name):
    basis = shipped_basis(name)
    rng = RNG(1)
    sites = basis.shape[1]
    layer = EquivariantLayer(rng.integers(-9, 10, (3, 2, len(basis))), name, rng.integers(-9, 9, 3))
    network = from_layers([layer], input_shape=(2, sites))
    by_matrices = from_layers(
        [EquivariantLayer(layer.weight, basis, layer.bias)], input_shape=(2, sites)
    )
    x = rng.integers(-9, 10, (2, 2, sites)).astype(float)
    assert network.forward(x).tolist() == by_matrices.forward(x).tolist()
    for g in generators(name):
        moved = np.empty_like(x)
        moved[..., g] = x
        out = np.empty_like(network.forward(x))
        out[..., g] = network.forward(x)
        assert network.forward(moved).tolist() == out.tolist()


def test_bad_bases_are_refused():
    with pytest.raises(BadInput, match="disjoint"):
        basis_unrolling(np.ones((2, 3, 3)))
    with pytest.raises(BadInput, match="0 or 1"):
        basis_unrolling(np.full((1, 3, 3), 0.5))
    with pytest.raises(BadInput, match="not shipped"):
        shipped_basis("cyclic:")
    with pytest.raises(BadInput, match="permute"):
        orbit_basis([[0, 0]])


def test_folding_a_batch_norm_rounds_as_stated():
    from fractions import Fraction

    from slt_theory.networks.layers import folded

    rng = RNG(2)
    weight, bias = rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3)
    norm = BatchNormLayer(
        rng.normal(size=3), rng.uniform(0.1, 2, 3), rng.normal(size=3), rng.normal(size=3)
    )
    new, shift = folded(weight, bias, norm)
    for c in range(3):
        square = Fraction(norm.variance[c]) + Fraction(norm.epsilon)
        for w, ours in zip(weight[c].ravel(), new[c].ravel(), strict=True):
            # (ours / (w g))^2 * (v + e) = 1 up to two roundings, squared.
            ratio = (Fraction(ours) / (Fraction(w) * Fraction(norm.weight[c]))) ** 2 * square
            assert abs(ratio - 1) <= Fraction(5, 2**53)
        off = (Fraction(bias[c]) - Fraction(norm.mean[c])) * Fraction(norm.weight[c])
        gap = (Fraction(shift[c]) - Fraction(norm.bias[c])) ** 2 * square - off**2
        size = (abs(off) + (1 + abs(Fraction(norm.bias[c]))) * 2) ** 2
        assert abs(gap) <= size * Fraction(8, 2**52)


TOML = """
input = [2, 6, 6]
activation = "leaky_relu(0.1)"
[conv1]
padding = 1
[conv2]
activation = "identity"
[down]
from = "conv2"
add = "conv2"
activation = "relu"
pool = 2
pool_kind = "average"
[conv3]
residual = "conv3"
"""


def test_an_architecture_file_wires_skips(tmp_path):
    rng = RNG(6)
    arrays = {
        "conv1.weight": rng.normal(size=(4, 2, 3, 3)),
        "conv2.weight": rng.normal(size=(4, 4, 3, 3)),
        "conv2.bias": rng.normal(size=4),
        "down.weight": rng.normal(size=(4, 4, 1, 1)),
        "conv3.weight": rng.normal(size=(4, 4, 3, 3)),
        "head.weight": rng.normal(size=(2, 36)),
    }
    np.savez(tmp_path / "a.npz", **arrays)
    (tmp_path / "a.toml").write_text(TOML)
    network = load_target(tmp_path / "a.npz", arch=tmp_path / "a.toml")

    def conv(name, padding):
        return ConvolutionLayer(
            arrays[f"{name}.weight"], arrays.get(f"{name}.bias"), padding=padding, name=name
        )

    same = from_layers(
        [
            conv("conv1", 1),
            ActivationLayer("leaky_relu(0.1)"),
            Residual([conv("conv2", 1)], [conv("down", 0)]),
            ActivationLayer("relu"),
            PoolLayer("average", 2),
            Residual([conv("conv3", 1)]),
            ActivationLayer("leaky_relu(0.1)"),
            FlattenLayer(),
            LinearLayer(arrays["head.weight"]),
        ],
        input_shape=(2, 6, 6),
    )
    x = rng.normal(size=(3, 2, 6, 6))
    assert np.abs(network.forward(x) - same.forward(x)).max() <= 2.0**-40
    save_npz(network, tmp_path / "b.npz")
    again = load_target(tmp_path / "b.npz")
    assert target_hash(again) == target_hash(network) != target_hash(same)
    assert again.forward(x).tolist() == network.forward(x).tolist()
    copy = skeleton(json.loads(json.dumps(network.describe())))
    assert copy.describe() == network.describe()
    for text, name in (('from = "head"', "from"), ('add = "no"', "add"), ('wrong = "a"', "wrong")):
        (tmp_path / "b.toml").write_text(TOML + text)
        with pytest.raises(BadInput, match=name):
            load_target(tmp_path / "a.npz", arch=tmp_path / "b.toml")


@pytest.mark.parametrize(
    "network",
    [
        Dense([[[1.0, 2.0]], [[3.0]]], activation="tanh"),
        Conv(
            (np.ones((2, 1, 3, 3)),),
            geometry=(Geometry(pool=2, pool_kind="average"),),
            input_shape=(1, 4, 4),
        ),
        Conv(
            (np.ones((2, 1, 3, 3)), np.ones((4, 1, 3, 3))),
            geometry=(Geometry(dilation=2), Geometry(groups=2)),
            input_shape=(1, 4, 4),
        ),
    ],
)
def test_what_integers_do_not_say_is_saved_too(network, tmp_path):
    save_npz(network, tmp_path / "a.npz")
    again = load_target(tmp_path / "a.npz")
    assert target_hash(again) == target_hash(network)
    x = RNG(1).normal(size=(2, network.size_in))
    assert again.forward(x).tolist() == network.forward(x).tolist()


def test_images_of_activations_hold_and_deviations_too():
    rng = RNG(8)
    for name in ("relu", "leaky_relu(0.3)", "tanh", "sigmoid", "identity"):
        f = parse_activation(name)
        lo = rng.normal(size=50) * 3
        hi = lo + rng.uniform(0, 2, 50)
        x = lo + (hi - lo) * rng.uniform(0, 1, (20, 50))
        low, high = f.image((lo, hi))
        assert (low <= f(x)).all()
        assert (f(x) <= high).all()
        d = rng.normal(size=(20, 50))
        least, most = f.deviation((d, d))
        gap = f(x + d) - f(x)
        assert (gap >= least - 2.0**-45).all()
        assert (gap <= most + 2.0**-45).all()
    for bad in ("leaky_relu(2)", "swish", "leaky_relu(x)"):
        with pytest.raises(BadInput, match="activation"):
            parse_activation(bad)


def test_bad_architectures_are_named(tmp_path):
    (tmp_path / "a.toml").write_text('input = [1, 2, 3, 4]\n[a]\nresidual = "b"\n')
    with pytest.raises(BadInput, match="input_shape"):
        read_architecture(tmp_path / "a.toml")
    with pytest.raises(BadInput, match="activation"):
        Architecture(activation="swish")
    with pytest.raises(BadInput, match="pool_kind"):
        Geometry(pool_kind="middle")
    with pytest.raises(BadInput, match="groups"):
        Conv((np.ones((3, 1, 3, 3)),), geometry=(Geometry(groups=2),))
    with pytest.raises(BadInput, match="follow a weighted layer"):
        from_layers([BatchNormLayer([0.0], [1.0])], input_shape=(1, 2, 2))


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize(
    ("side", "stride", "padding", "name"),
    [(2, 0, 0, "stride"), (0, 1, 0, "side"), (2, 2, -1, "padding"), (2, 2, 2, "padding")],
)
def test_pools_without_a_meaning_are_refused(kind, side, stride, padding, name):
    image = ConvolutionLayer(np.ones((1, 1, 1, 1)))
    with pytest.raises(BadInput, match=f"pool {name}"):
        from_layers([image, PoolLayer(kind, side, stride, padding)], input_shape=(1, 4, 4))


def test_a_window_that_meets_the_image_is_enough():
    image = ConvolutionLayer(np.ones((1, 1, 1, 1)))
    pooled = from_layers([image, PoolLayer("max", 3, 2, 2)], input_shape=(1, 4, 4))
    assert np.isfinite(pooled.forward(np.ones((1, 1, 4, 4)))).all()


@pytest.mark.parametrize(
    ("weight", "gain", "mean", "epsilon"),
    [(1e300, 1e200, 0.0, 1e-300), (1e300, 1e200, 0.0, 1e-5), (1.0, 1e200, -1e200, 1e-5)],
)
def test_a_batch_norm_beyond_float64_is_refused(weight, gain, mean, epsilon):
    layers = [
        LinearLayer(np.full((1, 2), weight)),
        BatchNormLayer([mean], [0.0], [gain], [0.0], epsilon),
    ]
    with pytest.raises(BadInput, match="batch norm"):
        from_layers(layers, input_shape=(2,))


@pytest.mark.parametrize("where", ["body", "shortcut"])
def test_a_batch_norm_behind_a_branch_is_not_folded_into_both_sides(where):
    norm = BatchNormLayer(np.ones(2), np.ones(2))
    conv = ConvolutionLayer(np.ones((2, 2, 1, 1)))
    block = Residual([norm, conv]) if where == "body" else Residual([conv], shortcut=[norm])
    with pytest.raises(BadInput, match="behind a branch"):
        from_layers([conv, block], input_shape=(2, 3, 3))
