"""Numbers that stay with ChimeraX's residues, for ``color byattribute`` and Render by Attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["keep_values"]


def keep_values(session: Any, members: Sequence[Any], values: Mapping[str, npt.NDArray[np.float64]]) -> None:
    """Leave numbers with residues as their attributes ``provis_NAME``, which sessions save.

    Parameters
    ----------
    session : chimerax.core.session.Session
    members : sequence of chimerax.atomic.Residues
        Of each linked chain in its order, or of one.
    values : mapping of str to numpy.ndarray, shape (n_residues,)
        Per name, of all chains one after the other. Where a number is NaN, one from before is taken away.
    """
    from chimerax.atomic import Residue

    residues = [residue for member in members for residue in member]
    for name, numbers in values.items():
        attribute = f"provis_{name}"
        Residue.register_attr(session, attribute, "ProVis", attr_type=float)
        for residue, number in zip(residues, numbers.tolist(), strict=True):
            if np.isfinite(number):
                setattr(residue, attribute, number)
            elif getattr(residue, attribute, None) is not None:
                delattr(residue, attribute)
