"""What is really in PyMOL: cylinders out of the session, residues of a selection, the user's view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Cylinders", "list_members", "list_selected", "read_cylinders", "take_stock"]

_SAUSAGE = 14.0  # pymol.cgo.SAUSAGE: start, end, radius, colour of the start, colour of the end


@dataclass(frozen=True)
class Cylinders:
    """Those of one CGO object, as PyMOL keeps them."""

    start: npt.NDArray[np.float64]
    end: npt.NDArray[np.float64]
    radius: npt.NDArray[np.float64]
    start_rgb: npt.NDArray[np.float64]
    end_rgb: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.radius)


def read_cylinders(cmd: Any, name: str) -> Cylinders:
    """Read an object of one state back from the session that PyMOL would save."""
    assert cmd.get_type(name) == "object:cgo"
    (entry,) = (entry for entry in cmd.get_session(name, partial=1)["names"] if entry and entry[0] == name)
    assert cmd.count_states(name) == 1
    (state,) = entry[5][2]
    rows = np.array(state[0][1]).reshape(-1, 14)
    assert (rows[:, 0] == _SAUSAGE).all()
    return Cylinders(rows[:, 1:4], rows[:, 4:7], rows[:, 7], rows[:, 8:11], rows[:, 11:14])


def list_members(cmd: Any, group: str) -> list[str]:
    """Names of the objects in a group."""
    entries = cmd.get_session(group, partial=1)["names"]
    return [entry[0] for entry in entries if entry and entry[6] == group]


def list_selected(cmd: Any, selection: str) -> set[tuple[str, str, str, str]]:
    """Object, segment, chain and number of each residue of a selection."""
    residues: set[tuple[str, str, str, str]] = set()
    cmd.iterate(selection, "add((model, segi, chain, resi))", space={"add": residues.add})
    return residues


def take_stock(cmd: Any) -> dict[str, Any]:
    """What belongs to the user and must stay as it is."""
    ours = {name for name in cmd.get_names("all") if name.startswith("provis")}
    names = [name for name in cmd.get_names("all") if name not in ours]
    settings = {name: cmd.get(name) for name in cmd.setting.get_name_list()}
    return {
        "view": cmd.get_view(),
        "names": names,
        "types": [cmd.get_type(name) for name in names],
        "enabled": [name for name in cmd.get_names("all", enabled_only=1) if name not in ours],
        "atoms": {
            name: cmd.get_model(name).get_coord_list() for name in names if cmd.get_type(name) != "object:cgo"
        },
        "settings": settings,
        "frame": cmd.get_frame(),
        "frames": cmd.count_frames(),
        "scenes": cmd.get_scene_list(),
    }
