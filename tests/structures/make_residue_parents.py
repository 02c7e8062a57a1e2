"""Write resources/residue_parents.json: ``python tests/structures/make_residue_parents.py``.

The modified residues and their parents are those of the chemical component dictionary, as Biopython carries
them; D-residues (which have no L-parent there) and the names of force fields are listed here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

TARGET = Path(__file__).parents[2] / "resources" / "residue_parents.json"

# the mirror images of the twenty (glycine has none), as the chemical component dictionary names them
D_RESIDUES = {
    "A": "DAL", "C": "DCY", "D": "DAS", "E": "DGL", "F": "DPN", "H": "DHI", "I": "DIL", "K": "DLY",
    "L": "DLE", "M": "MED", "N": "DSG", "P": "DPR", "Q": "DGN", "R": "DAR", "S": "DSN", "T": "DTH",
    "V": "DVA", "W": "DTR", "Y": "DTY",
}  # fmt: skip

STANDARD = {
    "ALA": "A", "ARG": "R", "ASN": "N", "ASP": "D", "CYS": "C", "GLN": "Q", "GLU": "E", "GLY": "G",
    "HIS": "H", "ILE": "I", "LEU": "L", "LYS": "K", "MET": "M", "PHE": "F", "PRO": "P", "SER": "S",
    "THR": "T", "TRP": "W", "TYR": "Y", "VAL": "V",
}  # fmt: skip

# protonation and bonding states in Amber, CHARMM, GROMOS and OPLS: all names that MDAnalysis 2.11 calls
# protein (ProteinSelection.prot_res), but for caps, are here, in STANDARD or in the dictionary
_STATES = {
    "C": "CYX CYM CYN CYSH CYS1 CYS2 CYM1", "D": "ASH ASPH ASPP ASF CASF",
    "E": "GLH GLUH GLUP", "K": "LYN LYSH LSN",
    "H": "HID HIE HIP HSD HSE HSP HISA HISB HISD HISE HISH HISP HIS1 HIS2", "R": "ARN ARGN", "Y": "TYM",
    "S": "S1P", "T": "T1P", "N": "ASN1", "Q": "QLN PGLU",
}  # fmt: skip


def _force_field() -> dict[str, str]:
    names = {name: letter for letter, group in _STATES.items() for name in group.split()}
    three = {**STANDARD, "CYX": "C", "HID": "H", "HIE": "H", "HIP": "H"}
    # Amber's N- and C-terminal residues
    names.update({end + name: letter for name, letter in three.items() for end in "NC"})
    return names


def make() -> dict[str, object]:
    """The whole content of the file."""
    import Bio
    from Bio.Data.PDBData import protein_letters_3to1_extended

    force_field = _force_field()
    dictionary = {name.strip(): letter for name, letter in protein_letters_3to1_extended.items()}
    # a force field's name wins: HSE is a histidine in CHARMM and homoserine in the dictionary
    dictionary = {name: letter for name, letter in dictionary.items() if name not in force_field}
    mirrored = {name: letter for letter, name in D_RESIDUES.items()}
    return {
        "about": "Component names by their letter; written by tests/structures/make_residue_parents.py",
        "source": f"chemical component dictionary, as Bio.Data.PDBData of Biopython {Bio.__version__}",
        "letters": {
            "dictionary": _by_letter(dictionary),
            "d_residues": _by_letter(
                {name: letter for name, letter in mirrored.items() if name not in dictionary}
            ),
            "force_fields": _by_letter(force_field),
        },
    }


def _by_letter(letters: dict[str, str]) -> dict[str, str]:
    return {
        letter: " ".join(sorted(name for name, value in letters.items() if value == letter))
        for letter in sorted(set(letters.values()))
    }


def main() -> None:
    text = json.dumps(make(), indent=1)
    assert re.fullmatch(r"[\x00-\x7f]+", text)
    TARGET.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
