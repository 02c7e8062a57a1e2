"""What PyMOL shows beside the user's own: cylinders, dashed lines, labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from provis_core.errors import InputError
from provis_core.scenes.dashes import DASH_RADIUS, make_dashes
from provis_core.scenes.scene import Overlay

__all__ = [
    "draw_cylinders",
    "draw_labels",
    "draw_overlay",
    "is_label",
    "label_name",
    "read_color",
    "set_transparency",
]

_CGO_SAUSAGE = 14.0  # pymol.cgo.SAUSAGE: a cylinder with round ends and a colour at each end
_BACKGROUND = -7  # PyMOL's colour index of the background, whatever it is
_LABEL_LIFT = 8.0  # Å, towards the viewer
_LABEL = "PVL"  # residue name of the points that carry our labels


def draw_cylinders(
    cmd: Any,
    name: str,
    start: npt.NDArray[np.float32],
    end: npt.NDArray[np.float32],
    radius: npt.NDArray[np.float32],
    start_rgb: npt.NDArray[np.float32],
    end_rgb: npt.NDArray[np.float32],
) -> None:
    """Draw cylinders as one CGO object, in place of what it held before; the camera stays.

    Parameters
    ----------
    cmd : module
    name : str
    start, end : numpy.ndarray, shape (n, 3)
        Å.
    radius : numpy.ndarray, shape (n,)
        Å.
    start_rgb, end_rgb : numpy.ndarray, shape (n, 3)
        In [0, 1].
    """
    kind = np.full((len(start), 1), _CGO_SAUSAGE, dtype=np.float32)
    rows = np.hstack([kind, start, end, radius[:, None], start_rgb, end_rgb])
    if name in cmd.get_names("all"):  # the user may have moved the old one
        cmd.set_object_ttt(name, np.eye(4).ravel().tolist())
    # onto an existing object load_cgo would append a state and move the camera
    cmd.load_cgo([*rows.ravel().tolist(), 0.0], name, state=1, zoom=0)


def set_transparency(cmd: Any, name: str, transparency: float) -> None:
    """Make a CGO object transparent, or opaque again.

    Parameters
    ----------
    cmd : module
    name : str
    transparency : float
        From 0, opaque, to 1.
    """
    if transparency:
        cmd.set("cgo_transparency", transparency, name)
    else:
        cmd.unset("cgo_transparency", name)


def label_name(cmd: Any, name: str) -> str:
    """Name of the object with the labels of a drawing: the first that no object of the user has."""
    taken = {other.lower() for other in cmd.get_names("all")}
    wanted = found = f"{name}_labels"
    number = 2
    while found.lower() in taken and not is_label(cmd, found):
        found, number = f"{wanted}_{number}", number + 1
    return found


def is_label(cmd: Any, name: str) -> bool:
    """Whether an object holds labels of ours, and nothing else."""
    if cmd.get_type(name) != "object:molecule":
        return False
    return bool(0 < cmd.count_atoms(f"%{name}") == cmd.count_atoms(f"%{name} and resn {_LABEL}"))


def draw_labels(
    cmd: Any, name: str, points: npt.NDArray[np.floating], texts: Sequence[str], group: str
) -> None:
    """Write texts at points, in an object beside a drawing, in place of those that were there.

    Parameters
    ----------
    cmd : module
    name : str
        Of the drawing.
    points : numpy.ndarray, shape (n, 3)
        Å.
    texts : sequence of str
        As many; none removes the labels.
    group : str
        Group to put them in.
    """
    wanted = label_name(cmd, name)
    if wanted in cmd.get_names("all"):
        cmd.delete(wanted)
    if not texts:
        return
    for number, (point, text) in enumerate(zip(points.tolist(), texts, strict=True), 1):
        cmd.pseudoatom(wanted, pos=point, label=text, name="L", resn=_LABEL, resi=str(number), state=1)
    cmd.hide("everything", f"%{wanted}")
    cmd.show("labels", f"%{wanted}")
    cmd.set("label_position", (0, 0, _LABEL_LIFT), wanted)  # before sticks and cylinders, not in them
    cmd.set("label_outline_color", _BACKGROUND, wanted)
    cmd.group(group, wanted, "add")


def draw_overlay(cmd: Any, overlay: Overlay, group: str) -> None:
    """Draw the dashed lines and labels of an overlay, in place of those that were there.

    Parameters
    ----------
    cmd : module
    overlay : Overlay
    group : str
        Group to put them in.
    """
    name = overlay.name
    if len(overlay.dash_start):
        start, end, line = make_dashes(overlay.dash_start, overlay.dash_end)
        rgb = overlay.dash_rgb[line]
        draw_cylinders(cmd, name, start, end, np.full(len(line), DASH_RADIUS), rgb, rgb)
        cmd.group(group, name, "add")
        cmd.enable(name, 1)
    elif name in cmd.get_names("objects") and cmd.get_type(name) == "object:cgo":
        cmd.delete(name)
    rows = list(overlay.labels)
    draw_labels(cmd, name, overlay.chain.ca_coords[rows], list(overlay.labels.values()), group)


def read_color(cmd: Any, name: str) -> tuple[float, float, float]:
    """Red, green and blue of a colour by its name, ``0xRRGGBB`` among them.

    Parameters
    ----------
    cmd : module
    name : str

    Returns
    -------
    tuple of float
        In [0, 1].

    Raises
    ------
    InputError
        If PyMOL knows no such colour.
    """
    index = cmd.get_color_index(name.strip())
    rgb = cmd.get_color_tuple(index) if index >= 0 else None
    if rgb is None:
        raise InputError(
            f"color={name}",
            "A colour that PyMOL knows is needed",
            "Try color=orange, or red, green and blue as color=0xE69F00",
        )
    return (float(rgb[0]), float(rgb[1]), float(rgb[2]))
