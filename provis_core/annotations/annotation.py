"""What is known about the residues, or the residue pairs, of a chain; one file per kind in `annotations`.

An `Annotation` is aligned to a `Chain`: its indices are residue indices (0-based). What cannot be known,
such as the contacts of a residue without coordinates, is invalid and not False.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..commands.declaration import Option

__all__ = ["Annotation", "Annotator"]

KINDS: Final = ("residue", "pair")


@dataclass(frozen=True, eq=False)
class Annotation:
    """One property of the residues or the residue pairs of a chain.

    Attributes
    ----------
    name : str
        Like ``"contact"``, ``"site:ligand:HEM"``, ``"helix"``; parts are separated by colons, the first is
        the broadest.
    kind : {'residue', 'pair'}
    values : numpy.ndarray, bool or float32
        Shape (n_residues,) for residues, (n_residues, n_columns) for pairs. False or NaN where invalid.
    valid : numpy.ndarray of bool, shape (n_residues,)
        Whether the property of a residue is known; a pair is valid if both its residues are.
    source : str
        Where it comes from, like ``"1hpv chain A"`` or a file.
    method : str
        How it was made, with all numbers that matter, like ``"CA-CA < 8 Å, |i-j| >= 6"``.
    notes : tuple of str
        Sentences the user must read: what was left out or could not be known.
    column_valid : numpy.ndarray of bool, shape (n_columns,)
        Of pairs only: the validity of the residues along the columns; `valid` by default.
    column_source : str
        Of pairs only: the chain along the columns if it is another one, else empty.
    min_separation : int
        Of pairs only: pairs nearer than this in the sequence are False by definition; 1 if there is none.
    """

    name: str
    kind: str
    values: npt.NDArray[Any]
    valid: npt.NDArray[np.bool_]
    source: str
    method: str
    notes: tuple[str, ...] = ()
    column_valid: npt.NDArray[np.bool_] | None = None
    column_source: str = ""
    min_separation: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}, not one of {KINDS}")
        values = np.array(self.values)
        values = values if values.dtype == np.bool_ else values.astype(np.float32)
        valid = np.array(self.valid, dtype=np.bool_)
        columns = np.array(self.valid if self.column_valid is None else self.column_valid, dtype=np.bool_)
        shape = (len(valid),) if self.kind == "residue" else (len(valid), len(columns))
        if values.shape != shape:
            raise ValueError(f"values have shape {values.shape}, the masks {shape}")
        nothing: Any = False if values.dtype == np.bool_ else np.nan
        values[~valid] = nothing
        if self.kind == "pair":
            values[:, ~columns] = nothing
        for name, array in (("values", values), ("valid", valid), ("column_valid", columns)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def n_residues(self) -> int:
        """Number of residues of the chain."""
        return len(self.valid)

    @property
    def is_numeric(self) -> bool:
        """Whether the values are numbers and not membership."""
        return self.values.dtype != np.bool_

    @property
    def residues(self) -> npt.NDArray[np.int64]:
        """Residue indices that have the property, ascending, shape (n,); of pairs: in at least one pair."""
        has = np.isfinite(self.values) if self.is_numeric else self.values
        return np.flatnonzero(has if self.kind == "residue" else has.any(axis=1))


@dataclass(frozen=True)
class Annotator:
    """One way to annotate; a file in `annotations` that defines ``ANNOTATOR`` is registered by being there.

    Attributes
    ----------
    name : str
        What the user types: ``by=contact``.
    summary : str
        One line for the help.
    compute : callable
        ``(subject, **options) -> tuple of Annotation``; the broadest annotation comes first.
    options : tuple of Option
        Known to all commands that take a property; the type of a default is the type of the option.
    needs : tuple of str
        Attributes of `Subject` that must be there.
    parts : tuple of str
        Names, other than its own and those that begin with it, of annotations that it makes.
    arcs : mapping of str to str
        Annotations that the panel offers to score heads on, by name: what the share of arcs that have the
        property is called.
    hint : str
        What the user can do when a part is asked for that this chain does not have.
    """

    name: str
    summary: str
    compute: Callable[..., tuple[Annotation, ...]]
    options: tuple[Option, ...] = ()
    needs: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    arcs: Mapping[str, str] = field(default_factory=dict)
    hint: str = "Leave out what follows the colon to see all"

    @property
    def defaults(self) -> dict[str, Any]:
        """Defaults of the options by name."""
        return {one.name: one.default for one in self.options}
