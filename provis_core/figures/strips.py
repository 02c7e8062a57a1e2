"""Coloured strips along the residues: binding sites, secondary structure, any annotation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..scenes.colors import COLOR_CODES, ROLES, compute_colors
from .scales import format_value
from .theme import rgb_of

__all__ = ["Strip", "make_secondary_strip", "make_site_strip", "make_strip"]

_CLASSES: Final = ("helix", "strand", "turn")  # what is other has no colour


@dataclass(frozen=True, eq=False)
class Strip:
    """One colour per residue.

    Attributes
    ----------
    name : str
        What is written beside it.
    rgb : numpy.ndarray, shape (n, 3), dtype float32
        In [0, 1]; NaN where a residue has no colour.
    legend : tuple of (str, str)
        What the colours mean: a word and ``#rrggbb``.
    """

    name: str
    rgb: npt.NDArray[np.float32]
    legend: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        rgb = np.array(self.rgb, dtype=np.float32).reshape(-1, 3)
        rgb.flags.writeable = False
        object.__setattr__(self, "rgb", rgb)

    def word_at(self, index: int) -> str:
        """What the colour of a residue means; empty if it has none or the legend does not say."""
        color = self.rgb[index]
        if np.isnan(color[0]):
            return ""
        return next((word for word, code in self.legend if np.allclose(rgb_of(code) / 255, color)), "")


def make_site_strip(sites: Annotation, *, label: str = "") -> Strip:
    """A strip that marks the residues of a binding site, in the colour that this kind of site has everywhere.

    Parameters
    ----------
    sites : Annotation
        Of residues; a number counts as a member where it is known.
    label : str
        What it is called; by default the last part of its name: ``"HEM"`` of ``site:ligand:HEM``.

    Returns
    -------
    Strip
    """
    member = np.zeros(sites.n_residues, dtype=np.bool_)
    member[sites.residues] = True
    kind = ":".join(sites.name.split(":")[:2])
    color = COLOR_CODES[ROLES.get(kind, ROLES["site"])]
    word = label or sites.name.split(":")[-1].replace("_", " ")
    # a key to a colour that nothing has would be read as a site that is there
    return Strip("site", _paint([(member, color)]), ((word, color),) if member.any() else ())


def make_secondary_strip(classes: Sequence[Annotation]) -> Strip:
    """A strip of helices, strands and turns.

    Parameters
    ----------
    classes : sequence of Annotation
        As `compute_secondary_structure` gives them; what is neither helix, strand nor turn is left blank.

    Returns
    -------
    Strip
    """
    colors = {name: COLOR_CODES[ROLES[name]] for name in _CLASSES}
    known = [item for item in classes if item.name in colors]
    layers = [(np.asarray(item.values, dtype=np.bool_), colors[item.name]) for item in known]
    legend = tuple((item.name, colors[item.name]) for item in known if item.values.any())
    return Strip("sec. str.", _paint(layers, len(classes[0].valid) if classes else 0), legend)


def make_strip(annotation: Annotation, *, palette: str = "viridis") -> Strip:
    """A strip of any annotation of residues: members in one colour, numbers in a palette.

    Parameters
    ----------
    annotation : Annotation
    palette : str
        For numbers.

    Returns
    -------
    Strip
    """
    if not annotation.is_numeric:
        return make_site_strip(annotation)
    values = annotation.values
    known = np.isfinite(values)
    rgb = np.full((len(values), 3), np.nan, dtype=np.float32)
    name = annotation.name.split(":")[-1].replace("_", " ")
    if not known.any():
        return Strip(name, rgb)
    low, high = float(values[known].min()), float(values[known].max())
    rgb[known] = compute_colors(values[known], palette, low, high)
    ends = compute_colors(np.array([low, high], dtype=np.float32), palette, low, high)
    legend = tuple(
        (f"{name} {format_value(value)}", "#" + "".join(f"{round(255 * float(part)):02x}" for part in color))
        for value, color in zip((low, high), ends, strict=True)
    )
    return Strip(name, rgb, legend)


def _paint(layers: Sequence[tuple[npt.NDArray[np.bool_], str]], n: int = 0) -> npt.NDArray[np.float32]:
    rgb = np.full((len(layers[0][0]) if layers else n, 3), np.nan, dtype=np.float32)
    for member, color in layers:
        rgb[member] = rgb_of(color) / np.float32(255)
    return rgb
