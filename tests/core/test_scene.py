import numpy as np
import pytest

from provis_core.attention.edges import select_edges
from provis_core.errors import InputError
from provis_core.scenes.colors import compute_colors, palette_names
from provis_core.scenes.scene import QUERY_END_RGB, style_edges
from provis_core.structures.sequence import compute_sequence_map


def _edges(chain, direction="max"):
    weights = np.zeros((6, 6), dtype=np.float32)
    weights[0, 3], weights[3, 0], weights[1, 2], weights[2, 5] = 0.9, 0.4, 0.5, 0.1
    return select_edges(weights, chain, compute_sequence_map(chain), direction=direction)


def test_ends_are_the_ca_atoms_and_radius_grows_with_weight(chain):
    edges = _edges(chain)
    scene = style_edges("toy", chain, edges, low=0.1, high=0.9, radius=0.5)
    np.testing.assert_array_equal(scene.start, chain.ca_coords[edges.query])
    np.testing.assert_array_equal(scene.end, chain.ca_coords[edges.key])
    np.testing.assert_allclose(scene.radius, [0.5, 0.3125, 0.125], rtol=1e-5)
    np.testing.assert_array_equal(scene.start_rgb, scene.end_rgb)
    np.testing.assert_allclose(scene.end_rgb, compute_colors(edges.weight, "blue_orange", 0.1, 0.9))


def test_directed_ends_differ_in_colour_and_opposite_cylinders_lie_side_by_side(chain):
    edges = _edges(chain, "directed")
    scene = style_edges("toy", chain, edges, low=0.1, high=0.9, radius=0.5)
    np.testing.assert_allclose(scene.start_rgb, np.tile(QUERY_END_RGB, (4, 1)).astype(np.float32))
    shift = scene.start - chain.ca_coords[edges.query]
    np.testing.assert_allclose(shift, scene.end - chain.ca_coords[edges.key], atol=1e-6)
    pairs = list(zip(edges.query.tolist(), edges.key.tolist(), strict=True))
    there, back = pairs.index((0, 3)), pairs.index((3, 0))
    for index in (there, back):
        assert np.linalg.norm(shift[index]) == pytest.approx(scene.radius[index], rel=1e-5)
        assert abs(shift[index] @ (scene.end - scene.start)[index]) < 1e-5
    assert shift[there] @ shift[back] < 0
    np.testing.assert_array_equal(shift[pairs.index((1, 2))], 0)


@pytest.mark.parametrize("axis", [*np.eye(3).tolist(), [1, 1, 1], [0.1, 5, 0]])
def test_side_by_side_along_any_axis(chain, axis):
    coords = np.arange(6)[:, None] * np.array(axis, dtype=np.float32)
    moved = type(chain)("toy", "A", chain.residue_ids, chain.residue_names, coords)
    edges = _edges(moved, "directed")
    scene = style_edges("toy", moved, edges, low=0.1, high=0.9)
    apart = np.linalg.norm(
        (scene.start + scene.end) / 2 - (coords[edges.query] + coords[edges.key]) / 2, axis=1
    )
    pairs = list(zip(edges.query.tolist(), edges.key.tolist(), strict=True))
    assert apart[pairs.index((0, 3))] == pytest.approx(scene.radius[pairs.index((0, 3))], rel=1e-4)


@pytest.mark.parametrize("radius", [0.0, -1.0, 11.0, float("nan")])
def test_a_bad_radius_is_refused(chain, radius):
    with pytest.raises(InputError, match="radius="):
        style_edges("toy", chain, _edges(chain), low=0.1, high=0.9, radius=radius)


def test_palettes_run_from_their_first_to_their_last_colour():
    for name in palette_names():
        ends = compute_colors(np.array([-1.0, 0.2, 0.6, 5.0], dtype=np.float32), name, 0.2, 0.6)
        np.testing.assert_allclose(ends[0], ends[1], atol=1e-6)
        np.testing.assert_allclose(ends[2], ends[3], atol=1e-6)
        assert np.allclose(ends[0], ends[3]) == name.startswith("solid_")
        assert ((ends >= 0) & (ends <= 1)).all()


def test_viridis_is_matplotlibs():
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is the reference for viridis")
    values = np.linspace(0, 1, 101, dtype=np.float32)
    for name in ("viridis", "cividis", "magma"):
        expected = matplotlib.colormaps[name](values)[:, :3]
        np.testing.assert_allclose(compute_colors(values, name, 0, 1), expected, atol=0.02)


def test_an_unknown_palette_suggests_a_near_one():
    with pytest.raises(InputError, match="Did you mean «palette=viridis»"):
        compute_colors(np.zeros(1, dtype=np.float32), "viridiss", 0, 1)
