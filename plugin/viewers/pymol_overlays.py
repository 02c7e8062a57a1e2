"""What is shown on a structure in PyMOL beside cylinders: labels, transparency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["draw_labels", "is_label", "label_name", "set_transparency"]

_LABEL = "PVL"  # residue name of the points that carry our labels


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


def label_name(name: str) -> str:
    """Name of the object with the labels of a drawing."""
    return f"{name}_labels"


def is_label(cmd: Any, name: str) -> bool:
    """Whether an object holds labels of ours, and nothing else."""
    if cmd.get_type(name) != "object:molecule":
        return False
    return 0 < cmd.count_atoms(f"%{name}") == cmd.count_atoms(f"%{name} and resn {_LABEL}")


def draw_labels(
    cmd: Any, name: str, points: npt.NDArray[np.float32], texts: Sequence[str], group: str
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
    wanted = label_name(name)
    if wanted in cmd.get_names("all"):
        if not is_label(cmd, wanted):  # the user has an object of this name
            wanted = cmd.get_unused_name(wanted)
        cmd.delete(wanted)
    if not texts:
        return
    for number, (point, text) in enumerate(zip(points.tolist(), texts, strict=True), 1):
        cmd.pseudoatom(wanted, pos=point, label=text, name="L", resn=_LABEL, resi=str(number), state=1)
    cmd.hide("everything", f"%{wanted}")
    cmd.show("labels", f"%{wanted}")
    cmd.group(group, wanted, "add")
