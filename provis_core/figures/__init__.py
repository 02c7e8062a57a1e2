"""Pictures of attention: what they show (numpy alone), and one drawing code for screen and paper.

What is shown are frozen dataclasses: `HeadGrid`, `MapView`. The ``draw_`` functions put one onto a matplotlib
figure and give a handle that updates it in place and tells what lies under the mouse. matplotlib is imported
when the first picture is drawn.
"""

from __future__ import annotations

from .grid_drawing import HeadGridDrawing, draw_head_grid
from .head_grid import HeadGrid, describe_cell, make_head_grid
from .map_drawing import MapDrawing, draw_attention_map
from .map_view import MapView, describe_pair, join_map_views, make_map_view
from .residue_axis import ResidueAxis, Ticks, make_residue_axis
from .scales import SCALES, Scale, make_scale
from .strips import Strip, make_secondary_strip, make_site_strip, make_strip
from .theme import DARK, LIGHT, Theme

__all__ = [
    "DARK",
    "LIGHT",
    "SCALES",
    "HeadGrid",
    "HeadGridDrawing",
    "MapDrawing",
    "MapView",
    "ResidueAxis",
    "Scale",
    "Strip",
    "Theme",
    "Ticks",
    "describe_cell",
    "describe_pair",
    "draw_attention_map",
    "draw_head_grid",
    "join_map_views",
    "make_head_grid",
    "make_map_view",
    "make_residue_axis",
    "make_scale",
    "make_secondary_strip",
    "make_site_strip",
    "make_strip",
]
