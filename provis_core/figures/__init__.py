"""Pictures of attention: what they show (numpy alone), and one drawing code for screen and paper.

What is shown are frozen dataclasses: `HeadGrid`, `MapView`, `ProfileView`, `Thumbnails`. The ``draw_``
functions put one onto a matplotlib figure and give a handle that updates it in place and tells what lies
under the mouse. matplotlib is imported when the first picture is drawn.
"""

from __future__ import annotations

from .figure_files import FORMATS, save_figure
from .grid_drawing import HeadGridDrawing, draw_head_grid
from .head_grid import HeadGrid, describe_cell, make_head_grid
from .map_drawing import MapDrawing, draw_attention_map
from .map_view import MapView, describe_pair, make_map_view
from .paper import COLUMN_WIDTHS, Panel, draw_figure, make_caption
from .profile_drawing import ProfileDrawing, draw_profile
from .profile_view import ProfileView, describe_residue, make_profile_view
from .residue_axis import ResidueAxis, Ticks, make_residue_axis
from .scales import SCALES, Scale, make_scale
from .strips import Strip, make_secondary_strip, make_site_strip, make_strip
from .structure_drawing import StructureDrawing, draw_structure
from .structure_view import StructureView, make_structure_view
from .theme import DARK, LIGHT, Theme
from .thumbnail_drawing import ThumbnailDrawing, draw_thumbnails
from .thumbnails import Thumbnails, iterate_thumbnails, make_thumbnails

__all__ = [
    "COLUMN_WIDTHS",
    "DARK",
    "FORMATS",
    "LIGHT",
    "SCALES",
    "HeadGrid",
    "HeadGridDrawing",
    "MapDrawing",
    "MapView",
    "Panel",
    "ProfileDrawing",
    "ProfileView",
    "ResidueAxis",
    "Scale",
    "Strip",
    "StructureDrawing",
    "StructureView",
    "Theme",
    "ThumbnailDrawing",
    "Thumbnails",
    "Ticks",
    "describe_cell",
    "describe_pair",
    "describe_residue",
    "draw_attention_map",
    "draw_figure",
    "draw_head_grid",
    "draw_profile",
    "draw_structure",
    "draw_thumbnails",
    "iterate_thumbnails",
    "make_caption",
    "make_head_grid",
    "make_map_view",
    "make_profile_view",
    "make_residue_axis",
    "make_scale",
    "make_secondary_strip",
    "make_site_strip",
    "make_strip",
    "make_structure_view",
    "make_thumbnails",
    "save_figure",
]
