# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.ops import VesselPath, measure_vessels


def tube(width, *, length=120.0, angle=0.0, size=200, middle=(0.0, 0.0), spacing=(1.0, 1.0)) -> np.ndarray:
    """A straight tube with flat ends: the pixels whose centres lie in it. Sizes in the unit of the spacing, the middle from that of the image."""
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2 - np.reshape(middle, (2, 1, 1))
    rows, columns = rows * spacing[0], columns * spacing[1]
    turn = np.deg2rad(angle)
    along, across = columns * np.cos(turn) + rows * np.sin(turn), rows * np.cos(turn) - columns * np.sin(turn)
    return (np.abs(along) < length / 2) & (np.abs(across) < width / 2)


def disc(row, column, radius, size=200) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    return np.hypot(rows - row, columns - column) <= radius


def line(start, end, width, size=200) -> np.ndarray:
    """A tube with round ends."""
    rows, columns = np.mgrid[:size, :size]
    (row, column), (down, right) = start, np.subtract(end, start)
    share = np.clip(((rows - row) * down + (columns - column) * right) / (down**2 + right**2), 0, 1)
    return np.hypot(rows - row - share * down, columns - column - share * right) < width / 2


@pytest.mark.parametrize("width", [1, 2, 3, 4, 9])
def test_a_level_or_upright_tube_is_measured_exactly(width):
    mask = np.zeros((60, 150), bool)
    mask[20 : 20 + width, 10:130] = True
    for turned in (mask, mask.T):
        (path,) = measure_vessels(turned)
        assert np.allclose(path.diameter, width, atol=0.01)
        assert path.distance[0] == 0 and path.distance[-1] == pytest.approx(120, abs=0.5)
    across, along = path.points[:, ::-1].T
    assert np.allclose(across, 20 + (width - 1) / 2, atol=0.01)
    assert sorted(along[[0, -1]]) == pytest.approx([9.5, 129.5], abs=0.3)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("angle", [7, 26.565, 30, 45, 60, 83])
def test_no_direction_and_no_width_is_favoured(width, angle):
    rng = np.random.default_rng(width)
    found = [measure_vessels(tube(width, angle=angle, middle=rng.uniform(-0.5, 0.5, 2))) for _ in range(3)]
    assert all(len(paths) == 1 for paths in found)
    assert np.mean([path.diameter.mean() for (path,) in found]) == pytest.approx(width, abs=0.45)
    assert np.mean([path.distance[-1] for (path,) in found]) == pytest.approx(120, rel=0.015)


def test_over_all_directions_the_mean_error_is_nothing():
    errors = [
        measure_vessels(tube(5, angle=angle, middle=(0.3, 0.2)))[0].diameter[10:-10].mean() - 5
        for angle in range(0, 180, 12)
    ]
    assert abs(np.mean(errors)) < 0.05 and np.max(np.abs(errors)) < 0.25


def test_the_middle_lies_in_the_middle_of_an_oblique_tube():
    (path,) = measure_vessels(tube(6, angle=30, middle=(0.3, -0.2)))
    rows, columns = path.points.T - 99.5 - np.array([[0.3], [-0.2]])
    across = rows * np.cos(np.pi / 6) - columns * np.sin(np.pi / 6)
    assert np.abs(across[10:-10]).max() < 0.5 and abs(across.mean()) < 0.1


def test_a_round_end_is_reached():
    (path,) = measure_vessels(line((100, 40), (100, 160), 11))
    assert np.allclose(path.diameter, 11, atol=0.3)
    assert path.distance[-1] == pytest.approx(131, abs=1)


def test_a_stenosis_is_seen_where_it_is():
    mask = np.zeros((60, 200), bool)
    mask[25:35, 20:180] = True
    mask[25:28, 96:105] = mask[32:35, 96:105] = False
    (path,) = measure_vessels(mask)
    narrow = path.diameter.argmin()
    assert path.points[narrow, 1] == pytest.approx(100, abs=1.5) and path.diameter[narrow] == pytest.approx(4, abs=0.4)
    assert path.diameter[[20, -20]] == pytest.approx(10, abs=0.1)


def test_the_narrowest_place_is_no_pointed_end():
    mask = np.zeros((60, 200), bool)
    for column in range(20, 180):
        half = min(5, (column - 18) // 3, (182 - column) // 3) - 2 * (96 <= column <= 104)
        mask[30 - half : 31 + half, column] = True
    (path,) = measure_vessels(mask)
    assert path.points[path.narrowest, 1] == pytest.approx(100, abs=1.5)
    assert path.diameter.min() < path.diameter[path.narrowest] == pytest.approx(7, abs=0.4)


def test_the_narrowest_place_of_a_short_vessel_is_where_it_is_narrowest():
    path = VesselPath(np.zeros((3, 2), np.float32), np.array([0, 1, 2.0]), np.array([2, 1.5, 1.0]))
    assert path.narrowest == 2


def test_a_bifurcation_makes_three_branches_that_meet():
    mask = line((100, 20), (100, 90), 9) | line((100, 90), (40, 170), 7) | line((100, 90), (170, 150), 5)
    paths = measure_vessels(mask)
    assert len(paths) == 3 and [path.distance[-1] for path in paths] == pytest.approx([103.5, 94.7, 74.5], abs=7)
    assert [float(np.median(path.diameter)) for path in paths] == pytest.approx([7, 5, 9], abs=0.4)
    ends = np.array([path.points[end] for path in paths for end in (0, -1)])
    meeting = ends[np.hypot(*(ends - (100, 90)).T) < 12]
    assert len(meeting) == 3 and np.ptp(meeting, axis=0).max() == 0


def test_a_ring_is_one_closed_path():
    (path,) = measure_vessels(disc(100, 100, 54.5) & ~disc(100, 100, 45.5))
    assert np.array_equal(path.points[0], path.points[-1]) and len(path.points) > 250
    assert path.distance[-1] == pytest.approx(2 * np.pi * 50, rel=0.01)
    assert path.diameter.mean() == pytest.approx(9, abs=0.1) and np.abs(path.diameter - 9).max() < 0.7
    assert np.hypot(*(path.points - 100).T) == pytest.approx(50, abs=0.5)


def test_bumps_of_the_wall_make_no_branches():
    rng = np.random.default_rng(0)
    mask = tube(14, angle=20)
    rim = np.argwhere(tube(17, angle=20) & ~mask & tube(20, angle=20, length=110))
    for row, column in rng.choice(rim, 25, replace=False):
        mask[row - 1 : row + 2, column - 1 : column + 2] = True
    (path,) = measure_vessels(mask)
    assert path.distance[-1] == pytest.approx(120, abs=5) and path.diameter.mean() == pytest.approx(14.7, abs=0.8)


@pytest.mark.parametrize("angle", [0, 35, 90, 145])
def test_lengths_and_diameters_are_those_of_the_object_where_pixels_are_not_square(angle):
    mask = tube(2.4, length=40, angle=angle, spacing=(0.4, 0.25), size=220)
    (path,) = measure_vessels(mask, (0.4, 0.25))
    assert path.diameter[8:-8].mean() == pytest.approx(2.4, abs=0.15)
    assert path.distance[-1] == pytest.approx(40, rel=0.02)


def test_a_spacing_scales_what_is_measured_and_no_point():
    mask = line((100, 20), (100, 90), 9) | line((100, 90), (40, 170), 7)
    (pixels,), (millimetres,) = measure_vessels(mask), measure_vessels(mask, (0.2, 0.2))
    assert np.allclose(pixels.points, millimetres.points, atol=1e-4)
    assert np.allclose(pixels.distance * 0.2, millimetres.distance, rtol=1e-4)
    assert np.allclose(pixels.diameter * 0.2, millimetres.diameter, rtol=1e-4)


def test_a_vessel_that_leaves_the_image_is_measured_up_to_the_border():
    mask = np.zeros((50, 120), bool)
    mask[20:29] = True
    (path,) = measure_vessels(mask)
    assert np.allclose(path.diameter, 9, atol=0.01) and path.distance[-1] == pytest.approx(120, abs=0.5)
    assert sorted(path.points[[0, -1], 1]) == pytest.approx([-0.5, 119.5], abs=0.3)


def test_neighbours_a_pixel_away_do_not_count():
    mask = np.zeros((60, 150), bool)
    mask[20:25, 10:130] = mask[26:32, 10:130] = True
    assert sorted(path.diameter.mean() for path in measure_vessels(mask)) == pytest.approx([5, 6], abs=0.15)


@pytest.mark.parametrize(
    "mask",
    [
        np.zeros((40, 50), bool),
        np.ones((40, 50), bool),
        np.zeros((0, 5), bool),
        np.eye(1, dtype=bool),
        disc(20, 20, 9, 50),
        tube(1, length=1, size=41),
    ],
)
def test_what_is_no_vessel_makes_no_path(mask):
    assert measure_vessels(mask) == []


def test_any_noise_is_measured(global_rng_untouched):
    rng = np.random.default_rng(3)
    for share in (0.1, 0.4, 0.6, 0.9):
        mask = rng.random((30, 41)) < share
        before = mask.copy()
        paths = measure_vessels(mask, (0.3, 0.5))
        assert np.array_equal(mask, before)
        for path in paths:
            assert isinstance(path, VesselPath) and {values.dtype for values in vars(path).values()} == {np.dtype("f4")}
            assert path.points.shape == (len(path.distance), 2) and len(path.distance) == len(path.diameter)
            assert (np.diff(path.distance) >= 0).all() and np.isfinite(path.diameter).all()
        assert [path.distance[-1] for path in paths] == sorted((path.distance[-1] for path in paths), reverse=True)


def test_a_mask_that_is_no_plane_of_bool_is_refused():
    with pytest.raises(ValueError, match=r"mask must be \(rows, columns\) of bool, got \(4, 4\) of uint8; compare"):
        measure_vessels(np.zeros((4, 4), np.uint8))


@pytest.mark.parametrize("spacing", [(0.2, 0), (0.2,), (float("nan"), 1)])
def test_a_spacing_that_is_none_is_refused(spacing):
    with pytest.raises(ValueError, match="spacing must be two positive distances"):
        measure_vessels(np.zeros((4, 4), bool), spacing)


def test_a_branch_is_not_as_wide_as_the_vessel_that_it_leaves():
    rows, columns = np.mgrid[:160, :200]
    trunk = (abs(rows - 80) <= 5) & (columns > 10) & (columns < 100)
    branches = (abs(abs(rows - 80) - 0.6 * (columns - 95)) <= 2.5) & (columns > 95) & (columns < 185)
    for path in measure_vessels(trunk | branches):
        usual = np.median(path.diameter)
        assert path.min_diameter <= path.mean_diameter <= path.max_diameter <= 1.25 * usual
        assert path.diameter.max() > 1.25 * usual or usual > 8
