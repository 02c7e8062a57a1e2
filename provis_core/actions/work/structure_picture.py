"""The picture of the structure in a figure: the cylinders of a head, drawn and taken by the viewer itself."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from ...annotations.annotation import Annotation
from ...attention.arcs import Arcs
from ...attention.head_id import Head
from ...figures.structure_view import StructureView, make_structure_view
from ...scenes.coloring import ColoredPairs, find_swatches, needs_annotation
from ...scenes.colors import compute_colors
from ...scenes.draw_options import DrawOptions
from ...scenes.scene import QUERY_END_RGB, compute_radii
from ...targets.targets import Target
from ...viewers.viewer import Viewer
from .drawing import draw_targets

__all__ = ["take_picture"]

_SHAPE: Final = 0.8  # height of the picture that is taken, in its widths; what is empty is cut off
_TRIED: Final = 0.1  # size of the picture that tells how long a large one takes
_LARGE: Final = 4_000_000  # pixels from which on that is told first


def take_picture(
    viewer: Viewer,
    target: Target,
    head: Head,
    values: npt.NDArray[np.float32] | Arcs,
    drawing: DrawOptions,
    annotation: Annotation | None,
    pixels: int,
    title: str,
) -> StructureView:
    """Draw a head as ``provis_attn`` does, and take the viewer's picture of it with the camera as it is.

    Parameters
    ----------
    viewer : Viewer
    target : Target
    head : HeadId or HeadSet
        0-based.
    values : numpy.ndarray or Arcs
        Of this head.
    drawing : DrawOptions
    annotation : Annotation, optional
        What ``color_by`` names; where it is not known, colours are those of weights.
    pixels : int
        Across.
    title : str

    Returns
    -------
    StructureView
        Its cylinders stay in the viewer.

    Raises
    ------
    ProvisError
        If the chain is gone, or no picture can be taken.
    """
    if annotation is None and needs_annotation(drawing.color_by):
        drawing = replace(drawing, color_by="weight")
    (drawn,) = draw_targets(viewer, [target], [values], head, drawing, [annotation])
    if drawn.error is not None:
        raise drawn.error
    assert drawn.edges is not None
    high = float(drawn.edges.weight[0]) if drawn.edges.n_edges else drawing.min_attn
    ends = np.array([drawing.min_attn, high], dtype=np.float32)
    thin, thick = compute_radii(ends, drawing.min_attn, max(high, drawing.min_attn + 1e-6), drawing.radius)
    is_weight = drawing.color_by == "weight"
    shown = ColoredPairs(drawn.chain, target.sequence_map, drawn.edges, annotation)
    legend = [(words, _code(rgb)) for words, rgb in find_swatches(shown, drawing.color_by)]
    if drawing.direction == "directed" and drawn.edges.n_edges:
        strong = compute_colors(ends[1:], drawing.palette, drawing.min_attn, high)[0]
        legend += [("attends", _code(QUERY_END_RGB)), ("is attended", _code(tuple(map(float, strong))))]
    return make_structure_view(
        _take(viewer, pixels),
        palette=drawing.palette if is_weight else "",
        low=drawing.min_attn,
        high=high,
        radii=(round(float(thin), 3), round(float(thick), 3)),
        legend=legend,
        n_pairs=drawn.edges.n_edges,
        title=title,
    )


def _take(viewer: Viewer, pixels: int) -> npt.NDArray[np.uint8]:
    """Return what the viewer shows on nothing; how long a large picture takes is told first."""
    from matplotlib.image import imread

    size = pixels, round(_SHAPE * pixels)
    with tempfile.TemporaryDirectory(prefix="provis_") as folder:
        path = Path(folder) / "view.png"
        if size[0] * size[1] > _LARGE:
            started = time.perf_counter()
            viewer.save_image(path, round(_TRIED * size[0]), round(_TRIED * size[1]), is_clear=True)
            seconds = (time.perf_counter() - started) / _TRIED**2
            viewer.write(
                f" ProVis: the picture of the structure, {size[0]} x {size[1]} pixels, takes about "
                f"{max(1, round(seconds))} seconds"
            )
        viewer.save_image(path, *size, is_clear=True)
        image = np.asarray(imread(path))
    if image.dtype != np.uint8:
        image = np.round(255 * image).astype(np.uint8)
    if image.shape[2] == 3:
        image = np.concatenate([image, np.full((*image.shape[:2], 1), 255, dtype=np.uint8)], axis=2)
    return image


def _code(rgb: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(255 * one):02x}" for one in rgb)
