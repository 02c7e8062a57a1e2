"""Cylinders of two colours as one surface: what a pseudobond cannot show, and lines that end at no atom."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["make_surface", "mesh_cylinders"]

_N_SIDES: Final = 12


def mesh_cylinders(
    start: npt.NDArray[np.floating],
    end: npt.NDArray[np.floating],
    radius: npt.NDArray[np.floating],
    start_rgba: npt.NDArray[np.uint8],
    end_rgba: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Return vertices, normals, triangles and colours of open cylinders.

    Parameters
    ----------
    start, end : numpy.ndarray, shape (n, 3)
        Å.
    radius : numpy.ndarray, shape (n,)
        Å.
    start_rgba, end_rgba : numpy.ndarray of uint8, shape (n, 4)
        Of the first and of the second half.

    Returns
    -------
    vertices, normals : numpy.ndarray, shape (48 n, 3), dtype float32
    triangles : numpy.ndarray, shape (48 n, 3), dtype int32
    colors : numpy.ndarray of uint8, shape (48 n, 4)
    """
    n = len(start)
    axis = np.asarray(end, dtype=np.float64) - start
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-9)
    helper = np.where(np.abs(axis[:, [2]]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    side = np.cross(axis, helper)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(axis, side)
    angle = np.arange(_N_SIDES) * (2 * np.pi / _N_SIDES)
    ring = side[:, None] * np.cos(angle)[:, None] + other[:, None] * np.sin(angle)[:, None]
    middle = (start + np.asarray(end)) / 2
    places = np.stack(
        [start, middle, middle, end], axis=1
    )  # four rings, of which the middle ones have two colours
    vertices = places[:, :, None] + ring[:, None] * np.asarray(radius)[:, None, None, None]
    normals = np.broadcast_to(ring[:, None], vertices.shape)
    colors = np.stack([start_rgba, start_rgba, end_rgba, end_rgba], axis=1)
    here = np.arange(_N_SIDES)
    following = (here + 1) % _N_SIDES
    square = np.concatenate(
        [
            np.stack([here, following, here + _N_SIDES], axis=1),
            np.stack([following, following + _N_SIDES, here + _N_SIDES], axis=1),
        ]
    )
    halves = np.concatenate([square, square + 2 * _N_SIDES])
    triangles = halves[None] + (np.arange(n) * 4 * _N_SIDES)[:, None, None]
    return (
        vertices.reshape(-1, 3).astype(np.float32),
        normals.reshape(-1, 3).astype(np.float32),
        triangles.reshape(-1, 3).astype(np.int32),
        np.repeat(colors, _N_SIDES, axis=1).reshape(-1, 4).astype(np.uint8),
    )


def make_surface(name: str, parent: Any, mesh: tuple[Any, Any, Any, Any]) -> Any:
    """Add a surface to a model, or to the scene; it opens in a ChimeraX that has no ProVis.

    Parameters
    ----------
    name : str
    parent : chimerax.core.models.Model
        The structure, with which it moves.
    mesh : tuple of numpy.ndarray
        What `mesh_cylinders` gives, in coordinates of the scene.

    Returns
    -------
    chimerax.core.models.Surface
    """
    from chimerax.core.models import Surface

    vertices, normals, triangles, colors = mesh
    to_parent = parent.scene_position.inverse()
    surface = Surface(name, parent.session)
    surface.set_geometry(
        np.ascontiguousarray(to_parent * vertices, dtype=np.float32),
        np.ascontiguousarray(to_parent.transform_vectors(normals), dtype=np.float32),
        triangles,
    )
    surface.vertex_colors = colors
    parent.add([surface])
    return surface
