"""Any number or membership per residue: B-factors, predicted confidence, a viewer's selection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...commands.declaration import Option
from ...errors import InputError
from ...structures.atoms import StructureAtoms
from ...structures.chain import Chain
from ...structures.subject import Subject, check_aligned
from ..annotation import Annotation, Annotator

__all__ = ["ANNOTATOR", "compute_b_factors", "compute_membership", "compute_numbers"]


def compute_numbers(
    chain: Chain, values: npt.ArrayLike, *, name: str, source: str, method: str = "numbers as given"
) -> Annotation:
    """Take numbers as they are.

    Parameters
    ----------
    chain : Chain
    values : array_like, shape (n_residues,)
        In the order of the chain; NaN where a residue has none, which makes it invalid.
    name, source, method : str
        As in `Annotation`.

    Returns
    -------
    Annotation

    Raises
    ------
    InputError
        If there is not one number per residue, or a number is infinite.
    """
    try:
        numbers = np.asarray(values, dtype=np.float32).reshape(-1)
    except (TypeError, ValueError) as exc:
        raise InputError(
            f"The values of {name} are no numbers ({exc})", "One number per residue is needed", "Check them"
        ) from exc
    check_aligned(chain, len(numbers), "numbers")
    if np.isinf(numbers).any():
        index = int(np.flatnonzero(np.isinf(numbers))[0])
        raise InputError(
            f"{name} of {chain.residue_label(index)} is infinite",
            "Finite numbers, or NaN for what is not known, are needed",
            "Check the values",
        )
    valid: npt.NDArray[np.bool_] = ~np.isnan(numbers)
    n_missing = int(np.count_nonzero(~valid))
    notes = (f"{n_missing} of {chain.n_residues} residues have no value: unknown",) if n_missing else ()
    return Annotation(name, "residue", numbers, valid, source, method, notes)


def compute_membership(chain: Chain, residues: Iterable[int], *, name: str, source: str) -> Annotation:
    """Mark residues that somebody chose, such as a selection in the viewer.

    Parameters
    ----------
    chain : Chain
    residues : iterable of int
        Residue indices.
    name, source : str
        As in `Annotation`.

    Returns
    -------
    Annotation

    Raises
    ------
    InputError
        If an index is outside of the chain.
    """
    indices = np.array(sorted(set(residues)), dtype=np.int64)
    if len(indices) and not 0 <= indices[0] <= indices[-1] < chain.n_residues:
        raise InputError(
            f"Residue indices from {indices[0]} to {indices[-1]} for {chain.label}",
            f"Indices from 0 to {chain.n_residues - 1} are needed",
            "Choose residues of this chain",
        )
    values = np.zeros(chain.n_residues, dtype=np.bool_)
    values[indices] = True
    valid = np.ones(chain.n_residues, dtype=np.bool_)
    return Annotation(name, "residue", values, valid, source, "residues as given")


def compute_b_factors(chain: Chain, atoms: StructureAtoms, *, atom: str = "CA") -> Annotation:
    """B-factors, which in predicted models are the confidence (pLDDT).

    Parameters
    ----------
    chain : Chain
    atoms : StructureAtoms
        Of the same object and state.
    atom : {'CA', 'mean'}
        Of the CA atom, or the mean over the main locations of the heavy atoms.

    Returns
    -------
    Annotation

    Raises
    ------
    InputError
        If `atom` is neither, or there are no B-factors.
    """
    if atom not in {"CA", "mean"}:
        raise InputError(f"«atom={atom}»", "CA or mean is needed", "Try «atom=CA»")
    rows = atoms.rows_of(chain)
    used = atoms.is_heavy & atoms.is_main & np.isfinite(atoms.b_factors)
    if atom == "CA":
        used &= atoms.atom_names == "CA"
    total = np.bincount(atoms.atom_rows[used], weights=atoms.b_factors[used], minlength=atoms.n_rows + 1)
    count = np.bincount(atoms.atom_rows[used], minlength=atoms.n_rows + 1)
    if not count[rows[rows >= 0]].any():
        raise InputError(
            f"{atoms.object_name} has no B-factors for {chain.label}",
            "Atoms of the same object and state, with B-factors, are needed",
            "Read chain and atoms again, or give the numbers as a table",
        )
    with np.errstate(invalid="ignore"):
        values = np.where(rows >= 0, total[rows] / count[rows], np.nan)
    what = "B-factor of CA" if atom == "CA" else "mean B-factor of the heavy atoms"
    return compute_numbers(chain, values, name="b_factor", source=chain.label, method=what)


def _annotate(subject: Subject, **options: Any) -> tuple[Annotation, ...]:
    assert subject.atoms is not None
    return (compute_b_factors(subject.chain, subject.atoms, **options),)


ANNOTATOR: Final = Annotator(
    name="b_factor",
    summary="the B-factor of each residue, which in predicted models is the confidence",
    compute=_annotate,
    options=(Option("atom", "CA", "CA, or mean of all atoms", values=("CA", "mean")),),
    needs=("atoms",),
)
