"""Residues near a ligand, an ion, a nucleic acid, a peptide or another protein chain."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...commands.declaration import Option
from ...errors import InputError
from ...structures.atoms import StructureAtoms
from ...structures.chain import Chain
from ...structures.neighbours import compute_neighbours
from ...structures.subject import Subject
from ...system.given_files import find_path, has_file, load_json
from ...system.paths import config_dir, resources_dir
from ..annotation import Annotation, Annotator

__all__ = [
    "ANNOTATOR",
    "PARTNER_KINDS",
    "PEPTIDE_LENGTH",
    "check_distance",
    "compute_binding_sites",
    "compute_near_rows",
    "find_partner_rows",
    "load_additives",
    "read_additives",
]

PARTNER_KINDS: Final = ("ligand", "ion", "nucleic", "peptide", "chain")
"""What can be bound. A peptide is another protein chain of fewer than `PEPTIDE_LENGTH` residues."""

PEPTIDE_LENGTH: Final = 20


def load_additives(path: str | Path | None = None) -> dict[str, str]:
    """Names of the components that come from the crystallisation and not from the biology.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        A JSON file laid out as ``resources/additives.json``. By default ``additives.json`` in the user's
        configuration folder where there is one, else the list that comes with ProVis.

    Returns
    -------
    dict of str to str
        Component name in upper case to what it is.

    Raises
    ------
    InputError
        If the file cannot be read or is laid out differently.
    """
    own = config_dir() / "additives.json"
    if path:
        path = find_path(path, "«additives=»")
    else:
        path = own if has_file(own) else resources_dir() / "additives.json"
    return dict(_read_additives(path, path.stat().st_mtime_ns if has_file(path) else 0))


@functools.lru_cache(maxsize=8)
def _read_additives(path: Path, changed: int) -> Mapping[str, str]:
    """The list in a file; `changed` is its time stamp, so that an edited one is read again."""
    try:
        groups = load_json(path)["additives"]
        return {name.upper(): what for group in groups.values() for name, what in group.items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as exc:
        raise InputError(
            f"{path} cannot be read as a list of additives ({type(exc).__name__}: {exc})",
            'It must look like {"additives": {"buffers": {"TRS": "tris"}}}',
            "Correct it, or remove it to use the list that comes with ProVis",
        ) from exc


def read_additives(text: str) -> Collection[str]:
    """The option ``additives=``: a file, ``none``, or empty for the list in force.

    Parameters
    ----------
    text : str

    Returns
    -------
    collection of str
        Component names.
    """
    return () if text.strip().lower() == "none" else load_additives(text.strip() or None)


def check_distance(value: float, name: str = "distance") -> None:
    """Raise unless residues can be near something within this distance.

    Parameters
    ----------
    value : float
        Å.
    name : str
        What the user calls it.

    Raises
    ------
    InputError
    """
    if not 0 < value <= 20:
        raise InputError(
            f"«{name}={value:g}»", "A distance above 0 and up to 20 Å is needed", f"Try «{name}=4»"
        )


def compute_near_rows(
    chain: Chain, atoms: StructureAtoms, targets: npt.NDArray[np.int64], radius: float
) -> npt.NDArray[np.bool_]:
    """Which residues have a heavy atom near a heavy atom of some other residues, in any location of both.

    Parameters
    ----------
    chain : Chain
    atoms : StructureAtoms
        Of the same object and state.
    targets : numpy.ndarray, shape (n_targets,)
        Rows of `atoms`.
    radius : float
        Å; atoms at exactly this distance are near.

    Returns
    -------
    numpy.ndarray of bool, shape (n_residues, n_targets)
    """
    rows = atoms.rows_of(chain)
    residue_of_row = np.full(atoms.n_rows + 1, -1)
    residue_of_row[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    target_of_row = np.full(atoms.n_rows + 1, -1)
    target_of_row[targets] = np.arange(len(targets))
    residue, target = residue_of_row[atoms.atom_rows], target_of_row[atoms.atom_rows]
    ours = np.flatnonzero(atoms.is_heavy & (residue >= 0))
    theirs = np.flatnonzero(atoms.is_heavy & (target >= 0))
    i, j, _ = compute_neighbours(atoms.coords[ours], atoms.coords[theirs], radius)
    near = np.zeros((chain.n_residues, len(targets)), dtype=np.bool_)
    near[residue[ours[i]], target[theirs[j]]] = True
    return near


def compute_binding_sites(
    chain: Chain,
    atoms: StructureAtoms,
    *,
    distance: float = 4.0,
    ion_distance: float | None = None,
    kinds: Collection[str] = ("ligand", "ion", "nucleic", "peptide"),
    additives: Collection[str] | None = None,
) -> tuple[Annotation, ...]:
    """Residues of a chain with a heavy atom within a distance of a heavy atom of what they bind.

    Parameters
    ----------
    chain : Chain
    atoms : StructureAtoms
        Of the same object and state. Symmetry mates count where they are loaded.
    distance : float
        Å.
    ion_distance : float, optional
        Å, for ions; `distance` by default.
    kinds : collection of str
        Which of `PARTNER_KINDS`. Other protein chains (``chain``) are left out unless asked for.
    additives : collection of str, optional
        Component names that are no partners; `load_additives` by default, ``()`` for none. Water never is
        one.

    Returns
    -------
    tuple of Annotation
        ``site`` (all together), ``site:<kind>`` and ``site:<kind>:<name>`` for each that touches the chain,
        where the name is that of the component (``HEM``), or the id of the peptide or chain. Residues of
        which fewer than two heavy atoms are known are invalid.

    Raises
    ------
    InputError
        If an option is not usable, or the atoms are not of this chain.
    """
    check_distance(distance)
    check_distance(distance if ion_distance is None else ion_distance, "ion_distance")
    if unknown := [kind for kind in kinds if kind not in PARTNER_KINDS]:
        raise InputError(
            f"«kinds={','.join(unknown)}»",
            f"Some of {', '.join(PARTNER_KINDS)} are needed",
            "Try «kinds=ligand»",
        )
    left_out = load_additives() if additives is None else {name.upper() for name in additives}
    rows = atoms.rows_of(chain)
    valid = (rows >= 0) & (atoms.n_heavy[rows] >= 2)
    if chain.n_residues and not valid.any():
        raise InputError(
            f"{atoms.object_name} has not enough atoms of {chain.label}",
            "Heavy atoms of the residues are needed, of the same object and state as the chain",
            "Choose a structure with side chains, or read chain and atoms again",
        )
    around = _rows_around(atoms, rows, max(distance, ion_distance or 0))
    partners, skipped = _partners(atoms, rows, kinds, left_out, around)
    targets = np.array(list(partners), dtype=np.int64)
    near = compute_near_rows(chain, atoms, targets, distance)
    if ion_distance is not None:
        ions = np.array([key[0] == "ion" for key in partners.values()], dtype=np.bool_)
        near[:, ions] = compute_near_rows(chain, atoms, targets[ions], ion_distance)
    ion_text = "" if ion_distance is None else f" ({ion_distance:g} Å of an ion)"
    method = f"a heavy atom within {distance:g} Å{ion_text} of {', '.join(kinds)}"
    notes = [f"Left out as crystallisation additives: {', '.join(skipped)}"] if skipped else []
    if not valid.all():
        notes.append(f"{np.count_nonzero(~valid)} residues with fewer than two heavy atoms: unknown")
    keys = list(partners.values())
    names = ["site"]
    for kind in PARTNER_KINDS:
        members = sorted({key for k, key in enumerate(keys) if key[0] == kind and near[:, k].any()})
        names += [f"site:{kind}"] * bool(members) + [f"site:{kind}:{name}" for _, name in members]
    parts = [(f"site:{kind}:{name}:", k) for k, (kind, name) in enumerate(keys)]
    found = []
    for name in names:
        columns = [k for part, k in parts if part.startswith(f"{name}:")]
        values = np.asarray(near[:, columns].any(axis=1))
        found.append(Annotation(name, "residue", values, valid, chain.label, method, tuple(notes)))
    return tuple(found)


def find_partner_rows(
    chain: Chain, atoms: StructureAtoms, name: str, *, additives: Collection[str] | None = None
) -> npt.NDArray[np.int64]:
    """Rows of what can be bound.

    Parameters
    ----------
    chain : Chain
    atoms : StructureAtoms
    name : str
        Name of an annotation of `compute_binding_sites`: of ``site:ligand:HEM`` the haems.
    additives
        As in `compute_binding_sites`.

    Returns
    -------
    numpy.ndarray, shape (n,), dtype int64
    """
    left_out = load_additives() if additives is None else {one.upper() for one in additives}
    everywhere = np.ones(atoms.n_rows, dtype=np.bool_)
    partners, _ = _partners(atoms, atoms.rows_of(chain), PARTNER_KINDS, left_out, everywhere)
    rows = [
        row for row, (kind, partner) in partners.items() if f"site:{kind}:{partner}:".startswith(f"{name}:")
    ]
    return np.array(rows, dtype=np.int64)


def _partners(
    atoms: StructureAtoms,
    rows: npt.NDArray[np.int64],
    kinds: Collection[str],
    left_out: Collection[str],
    among: npt.NDArray[np.bool_],
) -> tuple[dict[int, tuple[str, str]], list[str]]:
    """Row to (kind, name) of what can be bound among some rows, and all names that were left out."""
    chains, keys = atoms.chain_keys
    is_protein = atoms.kind_names == "protein"
    is_left_out = ~is_protein & np.isin(atoms.component_names, np.array(sorted(left_out), dtype=np.str_))
    is_own = np.isin(chains, chains[rows[rows >= 0]])
    is_peptide = np.bincount(chains[is_protein], minlength=len(keys)) < PEPTIDE_LENGTH
    partners: dict[int, tuple[str, str]] = {}
    for row in np.flatnonzero(among & ~is_left_out & ~(is_protein & is_own)).tolist():
        kind, name = atoms.kinds[row], atoms.residue_names[row]
        if kind == "protein":
            kind = "peptide" if is_peptide[chains[row]] else "chain"
            name = keys[chains[row]][0] or keys[chains[row]][1]
        if kind in kinds:
            partners[row] = (kind, name)
    return partners, np.unique(atoms.component_names[is_left_out]).tolist()


def _rows_around(
    atoms: StructureAtoms, rows: npt.NDArray[np.int64], distance: float
) -> npt.NDArray[np.bool_]:
    """Rows with an atom in a box around some others that is wider by the distance, shape (n_rows,)."""
    is_ours = np.zeros(atoms.n_rows + 1, dtype=np.bool_)
    is_ours[rows[rows >= 0]] = True
    ours = atoms.coords[is_ours[atoms.atom_rows] & atoms.is_heavy]
    around = np.zeros(atoms.n_rows, dtype=np.bool_)
    if len(ours):
        slack = distance + 0.01  # the box is a first sieve
        low, high = ours.min(axis=0) - slack, ours.max(axis=0) + slack
        inside = ((atoms.coords >= low) & (atoms.coords <= high)).all(axis=1)
        around[atoms.atom_rows[inside]] = True
    return around


def _annotate(subject: Subject, **options: Any) -> tuple[Annotation, ...]:
    options = {**ANNOTATOR.defaults, **options}
    assert subject.atoms is not None
    names = [name.strip().lower() for name in str(options["kinds"]).split(",") if name.strip()]
    return compute_binding_sites(
        subject.chain,
        subject.atoms,
        distance=options["distance"],
        ion_distance=options["ion_distance"] or None,
        kinds=names,
        additives=read_additives(options["additives"]),
    )


ANNOTATOR: Final = Annotator(
    name="site",
    summary="residues within some Å of a ligand, ion, nucleic acid, peptide or another chain",
    compute=_annotate,
    arcs={"site": "arcs to the binding site"},
    options=(
        Option("distance", 4.0, "Å within which a heavy atom is near", "number", aliases=("radius",)),
        Option(
            "ion_distance",
            0.0,
            "another distance for ions",
            "number",
            shown="as distance",
            aliases=("ion_radius",),
        ),
        Option("kinds", "ligand,ion,nucleic,peptide", "what can be bound", values=PARTNER_KINDS),
        Option(
            "additives",
            "",
            "a file with the components that are no ligands, or none to count them all",
            "file",
            shown="our list",
        ),
    ),
    needs=("atoms",),
    hint="Nothing else of the structure is near enough; see «additives=» for what is left out by name",
)
