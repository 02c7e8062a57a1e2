"""Names of chemical components: which is an amino acid, and the one letter it reads as."""

from __future__ import annotations

import functools
import json
from typing import Final

from ..system.paths import resources_dir

__all__ = [
    "AMINO_ACIDS",
    "CAPS",
    "HYDROPATHY",
    "NUCLEOTIDES",
    "ONE_LETTER",
    "WATERS",
    "is_amino_acid",
    "one_letter",
]

AMINO_ACIDS: Final = "ACDEFGHIKLMNPQRSTVWY"
"""The 20 proteinogenic amino acids in one-letter code."""

ONE_LETTER: Final[dict[str, str]] = {
    # the standard residues, and the two that the genetic code can add
    "ALA": "A", "ARG": "R", "ASN": "N", "ASP": "D", "CYS": "C", "GLN": "Q", "GLU": "E", "GLY": "G",
    "HIS": "H", "ILE": "I", "LEU": "L", "LYS": "K", "MET": "M", "PHE": "F", "PRO": "P", "SER": "S",
    "THR": "T", "TRP": "W", "TYR": "Y", "VAL": "V", "SEC": "U", "PYL": "O", "ASX": "B", "GLX": "Z",
    # names that force fields and crystallographers give to protonation and bonding states
    "HID": "H", "HIE": "H", "HIP": "H", "HSD": "H", "HSE": "H", "HSP": "H", "CYX": "C", "CYM": "C",
    "ASH": "D", "GLH": "E", "LYN": "K", "ARN": "R", "TYM": "Y", "CYSH": "C", "LYSH": "K",
    # modified residues: the parent that the chemical component dictionary names
    "MSE": "M", "CSO": "C", "CSD": "C", "CME": "C", "OCS": "C", "CAS": "C", "CSX": "C", "SMC": "C",
    "CSS": "C", "CSW": "C", "SCY": "C", "YCM": "C", "CMT": "C", "SEP": "S", "TPO": "T", "PTR": "Y",
    "TYS": "Y", "KCX": "K", "LLP": "K", "MLY": "K", "M3L": "K", "MLZ": "K", "ALY": "K", "PCA": "Q",
    "HYP": "P", "CGU": "E", "NEP": "H", "HIC": "H", "FME": "M", "MHO": "M", "SME": "M", "AGM": "R",
    "CIR": "R", "ABA": "A", "SAC": "S", "TRQ": "W", "TPQ": "Y",
}  # fmt: skip
"""The component names that are met most often, with their letters; `one_letter` knows a thousand more."""

CAPS: Final = frozenset(
    # acyl, carbamate and ester groups before the first residue; amides and amines after the last one
    ["ACE", "BOC", "BTN", "FOR", "IVA", "MYR", "PHQ", "PLM", "0QE", "NH2", "NHE", "NHH", "NMA", "NME", "CF0"]
)
"""Groups that end a chain. Files list them in the polymer, but they are no residues of the sequence."""

NUCLEOTIDES: Final = frozenset(
    ["A", "C", "G", "U", "I", "N", "T", "DA", "DC", "DG", "DT", "DU", "DI", "DN"]
    + [base + end for base in ("A", "C", "G", "U", "DA", "DC", "DG", "DT") for end in ("3", "5")]
    + ["RA", "RC", "RG", "RU", "ADE", "CYT", "GUA", "THY", "URA"]
)
"""Residues of DNA and RNA, with the names that force fields use."""

WATERS: Final = frozenset(["HOH", "DOD", "WAT", "H2O", "SOL", "TIP", "TIP3", "TIP4", "TP3", "SPC", "OH2"])
"""Water, with the names that force fields use."""


@functools.cache
def _letters() -> dict[str, str]:
    """All names, from ``resources/residue_parents.json``; those above win."""
    text = (resources_dir() / "residue_parents.json").read_text(encoding="utf-8")
    groups = json.loads(text)["letters"]
    letters = {
        name: letter for group in groups.values() for letter in group for name in group[letter].split()
    }
    return {**letters, **ONE_LETTER}


@functools.lru_cache(maxsize=4096)
def one_letter(residue_name: str) -> str:
    """One-letter code of a component.

    A modified residue reads as the amino acid that it was made from (its parent in the chemical component
    dictionary), a D-residue as its mirror image, a name from a force field as the residue it stands for.

    Parameters
    ----------
    residue_name : str
        Component name in any case, like ``"MSE"``.

    Returns
    -------
    str
        One upper-case letter, ``"X"`` for a name without one.
    """
    return _letters().get(residue_name.strip().upper(), "X")


def is_amino_acid(residue_name: str) -> bool:
    """Whether a name alone tells that a component is an amino acid; ``UNK`` is one that nobody knows.

    Parameters
    ----------
    residue_name : str
        Component name in any case.

    Returns
    -------
    bool
    """
    name = residue_name.strip().upper()
    return name == "UNK" or name in _letters()


HYDROPATHY: Final = dict(
    zip(
        "ARNDCQEGHILKMFPSTWYV",
        (1.8, -4.5, -3.5, -3.5, 2.5, -3.5, -3.5, -0.4, -3.2, 4.5, 3.8, -3.9, 1.9, 2.8, -1.6, -0.8, -0.7, -0.9,
         -1.3, 4.2),
        strict=True,
    )
)  # fmt: skip
"""Kyte and Doolittle 1982."""
