"""Which residues are in contact, by the distance of their CA or CB atoms."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...commands.declaration import Option
from ...errors import InputError, check_word
from ...structures.atoms import StructureAtoms
from ...structures.chain import Chain
from ...structures.neighbours import compute_neighbours
from ...structures.subject import Subject, check_aligned
from ..annotation import Annotation, Annotator

__all__ = [
    "ANNOTATOR",
    "ATOM_CHOICES",
    "compute_chain_contacts",
    "compute_contacts",
    "compute_reference_coords",
]

ATOM_CHOICES: Final = ("CA", "CB", "CB-virtual")
"""The atom that stands for a residue; see `compute_reference_coords`."""


def compute_reference_coords(
    chain: Chain, atom: str = "CA", atoms: StructureAtoms | None = None
) -> npt.NDArray[np.float32]:
    """Coordinates of the atom that stands for each residue.

    Parameters
    ----------
    chain : Chain
    atom : {'CA', 'CB', 'CB-virtual'}
        ``CB``: the CB atom, and CA of glycine; another residue without CB has no coordinates.
        ``CB-virtual``: the CB atom, and for residues without one the place where it would be, from N, CA and
        C (Dauparas et al., Science 2022, doi 10.1126/science.add2187).
    atoms : StructureAtoms, optional
        Needed for CB.

    Returns
    -------
    numpy.ndarray, shape (n_residues, 3), dtype float32
        Å; NaN where there are none.

    Raises
    ------
    InputError
        If the atom is none of these, or `atoms` is missing, or of something else than this chain.
    """
    check_word("atom", atom, ATOM_CHOICES, "CA")
    if atom == "CA":
        return chain.ca_coords
    if atoms is None:
        raise InputError(
            f"«atom={atom}» for {chain.label}, of which only the CA atoms are known",
            "All atoms of the structure are needed",
            "Use «atom=CA», or load the structure from a file",
        )
    rows = atoms.rows_of(chain)
    if not (rows >= 0).any():
        raise InputError(
            f"The atoms of {atoms.object_name} do not belong to {chain.label}",
            "Chain and atoms must be of the same object and state",
            "Read both again",
        )
    coords = atoms.atom_coords(rows, "CB").copy()
    missing = ~np.isfinite(coords).all(axis=1)
    if atom == "CB":
        glycine = missing & (np.array(chain.residue_names) == "GLY")
        coords[glycine] = chain.ca_coords[glycine]
    else:
        n, ca, c = (atoms.atom_coords(rows, name).astype(np.float64) for name in ("N", "CA", "C"))
        b, c = ca - n, c - ca
        virtual = -0.58273431 * np.cross(b, c) + 0.56802827 * b - 0.54067466 * c + ca
        coords[missing] = virtual[missing]
    return coords


def compute_contacts(
    chain: Chain,
    *,
    atom: str = "CA",
    cutoff: float = 8.0,
    min_sep: int = 6,
    atoms: StructureAtoms | None = None,
    positions: npt.NDArray[np.int64] | None = None,
) -> Annotation:
    """Contacts within a chain; by default those of Vig et al. (arXiv 2006.15222): CA-CA < 8 Å, |i-j| >= 6.

    Parameters
    ----------
    chain : Chain
    atom : {'CA', 'CB', 'CB-virtual'}
        See `compute_reference_coords`.
    cutoff : float
        Å; a contact is nearer than this (``<``).
    min_sep : int
        Smallest sequence separation, at least 1.
    atoms : StructureAtoms, optional
        Needed for CB.
    positions : numpy.ndarray, shape (n_residues,), dtype int64, optional
        Position of each residue in the sequence, from which the separation is counted; the residue index by
        default, which closes gaps.

    Returns
    -------
    Annotation
        Pairs, symmetric, shape (n_residues, n_residues). Residues without coordinates are invalid.

    Raises
    ------
    InputError
        If an option is out of its range.
    """
    _check_range(cutoff, min_sep)
    coords = compute_reference_coords(chain, atom, atoms)
    return _find_contacts(chain, coords, positions, atom=atom, cutoff=cutoff, min_sep=min_sep)


def compute_chain_contacts(
    chain: Chain,
    other: Chain,
    *,
    atom: str = "CA",
    cutoff: float = 8.0,
    atoms: StructureAtoms | None = None,
) -> Annotation:
    """Contacts between two chains; there is no sequence separation.

    Parameters
    ----------
    chain, other : Chain
        Of the same object and state.
    atom, cutoff, atoms
        As in `compute_contacts`.

    Returns
    -------
    Annotation
        Pairs, shape (n_residues, n_residues of the other chain), named ``contact:`` and the id of `other`.

    Raises
    ------
    InputError
        If an option is out of its range.
    """
    _check_range(cutoff, 1)
    rows, columns = (compute_reference_coords(each, atom, atoms) for each in (chain, other))
    i, j, distance = compute_neighbours(rows, columns, cutoff)
    near = distance < cutoff
    values = np.zeros((chain.n_residues, other.n_residues), dtype=np.bool_)
    values[i[near], j[near]] = True
    valid, column_valid = _is_known(rows), _is_known(columns)
    return Annotation(
        name=f"contact:{other.chain_id or other.segment_id or other.object_name}",
        kind="pair",
        values=values,
        valid=valid,
        source=chain.label,
        method=f"{_label(atom)} < {cutoff:g} Å between chains",
        notes=_notes(chain, valid, atom) + _notes(other, column_valid, atom),
        column_valid=column_valid,
        column_source=other.label,
    )


def _annotate(subject: Subject, **options: Any) -> tuple[Annotation, ...]:
    options = {**ANNOTATOR.defaults, **options}
    between = options.pop("between")
    if subject.members:  # those between linked chains are among the others
        return (_compute_linked(subject, **options),)
    contacts = compute_contacts(subject.chain, atoms=subject.atoms, positions=subject.positions, **options)
    if not between:
        return (contacts,)
    options.pop("min_sep")
    if not subject.partners:
        raise InputError(
            f"«between=1» for {subject.chain.label}, beside which no other chain is at hand",
            "Another protein chain of the same structure is needed",
            "Select the other chains as well, or use «between=0»",
        )
    others = (
        compute_chain_contacts(subject.chain, other, atoms=subject.atoms, **options)
        for other in subject.partners
    )
    return (contacts, *others)


def _compute_linked(subject: Subject, *, atom: str, cutoff: float, min_sep: int) -> Annotation:
    """Contacts within and between linked chains."""
    _check_range(cutoff, min_sep)
    rows = [compute_reference_coords(one.chain, atom, one.atoms) for one in subject.members]
    coords = np.concatenate(rows)
    return _find_contacts(subject.chain, coords, subject.positions, atom=atom, cutoff=cutoff, min_sep=min_sep)


def _find_contacts(
    chain: Chain,
    coords: npt.NDArray[np.float32],
    positions: npt.NDArray[np.int64] | None,
    *,
    atom: str,
    cutoff: float,
    min_sep: int,
) -> Annotation:
    place = np.arange(chain.n_residues) if positions is None else np.asarray(positions)
    check_aligned(chain, len(place), "positions")
    i, j, distance = compute_neighbours(coords, coords, cutoff)
    member = np.repeat(np.arange(len(chain.singles)), [one.n_residues for one in chain.singles])
    is_far = (np.abs(place[i] - place[j]) >= min_sep) | (member[i] != member[j])  # chains are never near
    near = (distance < cutoff) & is_far
    values = np.zeros((chain.n_residues, chain.n_residues), dtype=np.bool_)
    values[i[near], j[near]] = True
    valid = _is_known(coords)
    return Annotation(
        name="contact",
        kind="pair",
        values=values,
        valid=valid,
        source=chain.label,
        method=f"{_label(atom)} < {cutoff:g} Å, |i-j| >= {min_sep}",
        notes=_notes(chain, valid, atom),
        min_separation=min_sep,
    )


def _check_range(cutoff: float, min_sep: int) -> None:
    if not 0 < cutoff <= 50:
        raise InputError(
            f"«cutoff={cutoff:g}»", "A distance above 0 and up to 50 Å is needed", "Try «cutoff=8»"
        )
    if min_sep < 1:
        raise InputError(f"«min_sep={min_sep}»", "A separation of at least 1 is needed", "Try «min_sep=6»")


def _is_known(coords: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    return np.asarray(np.isfinite(coords).all(axis=1))


def _label(atom: str) -> str:
    if atom == "CA":
        return "CA-CA"
    return "CB-CB (CA of GLY)" if atom == "CB" else "CB-CB (virtual CB where there is none)"


def _notes(chain: Chain, valid: npt.NDArray[np.bool_], atom: str) -> tuple[str, ...]:
    n_missing = int(np.count_nonzero(~valid))
    if not n_missing:
        return ()
    needed = "CA" if atom == "CA" else "CB"
    return (f"{n_missing} of {chain.n_residues} residues of {chain.label} have no {needed} atom: unknown",)


ANNOTATOR: Final = Annotator(
    name="contact",
    summary="residue pairs whose CA (or CB) atoms are near each other",
    compute=_annotate,
    arcs={"contact": "arcs that are contacts"},
    options=(
        Option("atom", "CA", "the atom that stands for a residue", values=ATOM_CHOICES),
        Option("cutoff", 8.0, "largest distance of a contact in Å", "number"),
        Option("min_sep", 6, "smallest separation in the sequence", "integer"),
        Option("between", False, "also contacts with the other chains", "switch"),
    ),
)
