"""Boxes around the inputs of a file: no point is lost, none beyond the domain is added."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from exact_outputs import INPUTS, NET, built

from slt_theory.errors import BadInput
from slt_theory.tickets.around import Around, parse_asked
from slt_theory.tickets.checking.regions import certify_regions
from slt_theory.tickets.domain import Ball, Box

WIDE = Box(-(2.0**70), 2.0**70)
RADII = ["1/255", "0.1", "1/3", "1e-20", "1e-320", "2"]


def read(folder: Path, inputs: np.ndarray, rest: str) -> Around:
    np.savez(folder / "x.npz", x=inputs)
    asked = parse_asked(f"around:{folder / 'x.npz'},{rest}")
    assert isinstance(asked, Around)
    return asked


@pytest.mark.parametrize("radius", RADII)
def test_no_point_within_the_radius_is_lost_and_hardly_one_added(radius, tmp_path):
    """Ends as fractions; an input as large as the radius cancels, and its rounding then counts."""
    exact = Fraction(radius)
    edge = float(exact)
    fixed = [edge, -edge, 0.0, np.nextafter(edge, 1), 1.0, -1.0, 2.0**60]
    inputs = np.array([fixed, np.random.default_rng(1).uniform(-1, 1, len(fixed))])
    asked = read(tmp_path, inputs, radius)
    for x, region in zip(inputs, asked.regions(WIDE, inputs.shape[1]), strict=True):
        ends = region.lo.tolist(), region.hi.tolist()
        for middle, low, high in zip(x.tolist(), *ends, strict=True):
            below, above = Fraction(middle) - exact, Fraction(middle) + exact
            assert Fraction(low) <= below
            assert Fraction(high) >= above
            slack = Fraction(2.0**-51) * (abs(Fraction(middle)) + exact) + Fraction(2) ** -1072
            assert below - Fraction(low) <= slack
            assert Fraction(high) - above <= slack


def test_regions_are_cut_to_the_domain_and_to_the_box_whichever_is_tighter(tmp_path):
    inputs = np.array([[-0.95, 0.0, 0.95]])
    for box, domain, ends in [
        ("", Box(-1, 1), (-1.0, 1.0)),
        (",-0.97,0.96", Box(-1, 1), (-0.97, 0.96)),
        (",-5,5", Box(-1, 1), (-1.0, 1.0)),
        (",-0.97,5", Ball(1.0), (-0.97, 1.0)),
        (",-5,0.96", Box(-1, 1), (-1.0, 0.96)),
    ]:
        asked = read(tmp_path, inputs, f"0.1{box}")
        (region,) = asked.regions(domain, 3)
        assert (region.lo[0], region.hi[2]) == ends
        assert region.lo[1] < -0.1 + 1e-9
        assert region.hi[1] > 0.1 - 1e-9
        assert region.hi[0] < -0.8


@pytest.mark.parametrize("radius", RADII[:4])
def test_the_box_around_all_regions_holds_them(radius, tmp_path):
    inputs = np.random.default_rng(2).uniform(-1, 1, (20, 3))
    asked = read(tmp_path, inputs, radius)
    hull = asked.hull
    for region in asked.regions(WIDE, 3):
        assert (hull.lo <= region.lo).all()
        assert (region.hi <= hull.hi).all()


def test_the_same_numbers_in_any_layout_are_the_same_inputs(tmp_path):
    """Byte order, Fortran order, half precision, small integers; an input may stand there twice."""
    plain = np.array([[0.5, -0.25, 1.0], [0.0, 0.125, -1.0], [0.5, -0.25, 1.0]])
    for same in (plain.astype(">f8"), np.asfortranarray(plain), plain.astype("f2"), plain[:, ::1]):
        asked = read(tmp_path, same, "0.1")
        assert np.array_equal(asked.inputs, plain)
        assert asked.inputs.dtype == np.float64
    whole = np.array([[0, 1, 1]], dtype=np.uint8)
    assert np.array_equal(read(tmp_path, whole, "0").inputs, whole)


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (np.array([[True, False]]), "no numbers of inputs"),
        (np.array([[1 + 0j]]), "no numbers of inputs"),
        (np.zeros((0, 3)), "no numbers of inputs"),
        (np.zeros(3), "no numbers of inputs"),
        (np.array([[2**53 + 1]]), "float64 does not"),
        (np.array([[2**64 - 1]], dtype=np.uint64), "float64 does not"),
        (np.array([[0.5]], dtype=np.longdouble), "float64 does not"),
    ],
)
def test_what_is_no_input_is_refused(inputs, reason, tmp_path):
    with pytest.raises(BadInput, match=reason):
        read(tmp_path, inputs, "0.1")


def test_bytes_of_an_image_do_not_pass_for_numbers_from_0_to_1(tmp_path):
    pixels = np.array([[0, 128, 255]], dtype=np.uint8)
    with pytest.raises(BadInput, match="no point within the radius"):
        read(tmp_path, pixels, "1/255,0,1").regions(Box(0, 1), 3)


def test_images_with_the_channels_last_are_refused(tmp_path):
    """They hold as many numbers, in another order."""
    image = np.zeros((2, 5, 4, 3))
    with pytest.raises(BadInput, match="channels first"):
        read(tmp_path, image, "0").check_sides((3, 5, 4))
    for shape, fits in [
        (image.shape, (5, 4, 3)),
        ((2, 60), (5, 4, 3)),
        (image.shape, (60,)),
        ((2, 5, 4), (1, 5, 4)),
        ((2, 5, 4, 1), (1, 5, 4)),
    ]:
        read(tmp_path, np.zeros(shape), "0").check_sides(fits)
    turned = Around(INPUTS, 0.0, None, "around:x.npz,0", (4, 3))
    certify_regions(built(), NET, turned)
