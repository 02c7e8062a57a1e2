"""UniProt entries from its three file formats: text, JSON and GFF. Positions are 1-based as in UniProt."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...errors import InputError
from ...system.given_files import find_path, load_text, parse_json

__all__ = ["FEATURE_NAMES", "UniProtEntry", "UniProtFeature", "load_uniprot", "parse_uniprot"]

FEATURE_NAMES: Final = {
    "ACT_SITE": "active_site", "BINDING": "binding_site", "CA_BIND": "calcium_binding",
    "CARBOHYD": "glycosylation", "CHAIN": "chain", "COILED": "coiled_coil",
    "COMPBIAS": "compositional_bias", "CONFLICT": "sequence_conflict", "CROSSLNK": "cross-link",
    "DISULFID": "disulfide_bond", "DNA_BIND": "dna_binding", "DOMAIN": "domain", "HELIX": "helix",
    "INIT_MET": "initiator_methionine", "INTRAMEM": "intramembrane", "LIPID": "lipidation",
    "METAL": "metal_binding", "MOD_RES": "modified_residue", "MOTIF": "motif", "MUTAGEN": "mutagenesis",
    "NON_CONS": "non-adjacent_residues", "NON_STD": "non-standard_residue",
    "NON_TER": "non-terminal_residue", "NP_BIND": "nucleotide_binding", "PEPTIDE": "peptide",
    "PROPEP": "propeptide", "REGION": "region", "REPEAT": "repeat", "SIGNAL": "signal_peptide",
    "SITE": "site", "STRAND": "beta_strand", "TOPO_DOM": "topological_domain", "TRANSIT": "transit_peptide",
    "TRANSMEM": "transmembrane", "TURN": "turn", "UNSURE": "sequence_uncertainty",
    "VARIANT": "natural_variant", "VAR_SEQ": "alternative_sequence", "ZN_FING": "zinc_finger",
}  # fmt: skip
"""Key of the text format to the name that JSON and GFF use, in lower case with underscores."""

_OTHER_NAMES: Final = {
    "signal": "signal_peptide",
    "dna-binding_region": "dna_binding",
    "splice_variant": "alternative_sequence",
}


@dataclass(frozen=True)
class UniProtFeature:
    """One feature.

    Attributes
    ----------
    name : str
        One of the values of `FEATURE_NAMES`, or another one in the same style.
    begin, end : int or None
        1-based; None where it is not known. Of bonds, the two residues and nothing between them.
    description : str
        Note and ligand.
    """

    name: str
    begin: int | None
    end: int | None
    description: str = ""


@dataclass(frozen=True)
class UniProtEntry:
    """What a file says about one protein.

    Attributes
    ----------
    accessions : tuple of str
        The primary one first.
    name : str
        Like ``"HBA_HUMAN"``; empty in GFF.
    sequence : str
        Empty in GFF, unless a FASTA section follows.
    features : tuple of UniProtFeature
    notes : tuple of str
        What was left out.
    """

    accessions: tuple[str, ...]
    name: str
    sequence: str
    features: tuple[UniProtFeature, ...]
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Accession and name as they are shown to the user."""
        return " ".join(part for part in (self.accessions[0], self.name) if part)


def load_uniprot(path: str | Path) -> tuple[UniProtEntry, ...]:
    """Read a file that was downloaded from UniProt.

    Parameters
    ----------
    path : str or pathlib.Path
        Text, JSON or GFF, also ``.gz``; which of them is told by the content.

    Returns
    -------
    tuple of UniProtEntry
        At least one.

    Raises
    ------
    InputError
        If it cannot be read, or is none of the three.
    """
    path = find_path(path, "«file=»")
    return parse_uniprot(load_text(path, "A file from UniProt is needed"), path.name)


def parse_uniprot(text: str, source: str) -> tuple[UniProtEntry, ...]:
    """Read entries from a text.

    Parameters
    ----------
    text : str
    source : str
        For messages.

    Returns
    -------
    tuple of UniProtEntry

    Raises
    ------
    InputError
        If it is none of the three formats, or damaged.
    """
    start = text.lstrip("\ufeff \r\n\t")
    try:
        if start[:1] in {"{", "["}:
            entries = _read_json(parse_json(start))
        elif start.startswith("ID   "):
            entries = [
                _read_text(part) for part in re.split(r"^//.*$", start, flags=re.MULTILINE) if part.strip()
            ]
        elif start.startswith("##gff") or "\tUniProtKB\t" in start[:10_000]:
            entries = _read_gff(start)
        else:
            entries = []
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as exc:
        raise InputError(
            f"{source} is damaged ({type(exc).__name__}: {exc})",
            "A complete file from UniProt is needed",
            "Download it again",
        ) from exc
    if not entries:
        raise InputError(
            f"{source} begins with {start[:30]!r}",
            "An entry of UniProt as text, JSON or GFF is needed",
            "Download it, for example https://rest.uniprot.org/uniprotkb/P69905.txt",
        )
    return tuple(entries)


def _read_text(part: str) -> UniProtEntry:
    name, accessions, sequence = "", [], []
    raw: list[tuple[str, str, list[str]]] = []
    in_sequence = False
    for line in part.splitlines():
        code, rest = line[:2], line[5:]
        if in_sequence and code == "  ":
            sequence.append(rest.replace(" ", ""))
        elif code == "ID":
            name = rest.split()[0]
        elif code == "AC":
            accessions += [text.strip() for text in rest.split(";") if text.strip()]
        elif code == "FT" and rest[:8].strip():
            fields = rest.split()
            if len(fields) > 2 and fields[2] and ".." not in fields[1] and not fields[1].endswith(":"):
                # until 2019: begin and end in two columns, the description in the same line
                location, note = f"{fields[1]}..{fields[2]}", rest[29:].strip()
            else:
                location, note = (fields[1] if len(fields) > 1 else "?"), ""
            raw.append((fields[0], location, [note]))
        elif code == "FT" and raw:
            raw[-1][2].append(rest.strip())
        elif code == "SQ":
            in_sequence = True
    if not accessions:
        raise ValueError("there is no AC line")
    features, skipped = [], 0
    for key, location, words in raw:
        if ":" in location:  # positions of another isoform
            skipped += 1
            continue
        begin, _, end = location.partition("..")
        feature = FEATURE_NAMES.get(key, key.lower())
        features.append(UniProtFeature(feature, _position(begin), _position(end or begin), _describe(words)))
    return _entry(accessions, name, "".join(sequence), features, skipped)


def _describe(words: Sequence[str]) -> str:
    text = " ".join(word for word in words if word)
    found = [value for key in ("ligand", "note") for value in re.findall(rf'/{key}="([^"]*)"', text)]
    return ", ".join(found) if found or text.startswith("/") else text.rstrip(".")


def _position(text: object) -> int | None:
    digits = str(text).strip().lstrip("<>?~")
    return int(digits) if digits.isdigit() else None


def _read_json(data: Any) -> list[UniProtEntry]:
    if isinstance(data, Mapping) and "results" in data:
        data = data["results"]
    return [_read_json_entry(item) for item in (data if isinstance(data, list) else [data])]


def _read_json_entry(item: Mapping[str, Any]) -> UniProtEntry:
    features, skipped = [], 0
    for feature in item.get("features", ()):
        location = feature["location"]
        if location.get("sequence") not in {None, item["primaryAccession"]}:
            skipped += 1
            continue
        ligand = feature.get("ligand", {}).get("name", "")
        words = ", ".join(part for part in (ligand, feature.get("description", "")) if part)
        ends = [location[side].get("value") for side in ("start", "end")]
        features.append(
            UniProtFeature(_feature_name(feature["type"]), _position(ends[0]), _position(ends[1]), words)
        )
    accessions = [item["primaryAccession"], *item.get("secondaryAccessions", ())]
    sequence = item.get("sequence", {}).get("value", "")
    return _entry(accessions, item.get("uniProtkbId", ""), sequence, features, skipped)


def _feature_name(text: str) -> str:
    name = text.strip().lower().replace(" ", "_")
    return _OTHER_NAMES.get(name, name)


def _read_gff(text: str) -> list[UniProtEntry]:
    rows, _, fasta = text.partition("##FASTA")
    features: dict[str, list[UniProtFeature]] = {}
    for line in rows.splitlines():
        if line.startswith("##sequence-region"):
            features.setdefault(line.split()[1], [])
        if not line.strip() or line.startswith("#"):
            continue
        accession, _, kind, begin, end, _, _, _, *rest = line.split("\t")
        attributes = dict(part.split("=", 1) for part in "".join(rest[:1]).split(";") if "=" in part)
        words = ", ".join(attributes[key] for key in ("Ligand", "Note") if attributes.get(key))
        found = UniProtFeature(
            _feature_name(kind), _position(begin), _position(end), words.replace("%2C", ",")
        )
        features.setdefault(accession, []).append(found)
    sequences: dict[str, str] = {}
    for record in fasta.split(">")[1:]:
        header, *body = record.strip().splitlines()
        key = header.split()[0].split("|")
        sequences[key[1] if len(key) > 2 else key[0]] = "".join(body)
    own = {accession: found for accession, found in features.items() if "-" not in accession}
    skipped = sum(map(len, features.values())) - sum(map(len, own.values()))
    return [
        _entry([accession], "", sequences.get(accession, ""), found, skipped)
        for accession, found in own.items()
    ]


def _entry(
    accessions: Sequence[str], name: str, sequence: str, features: Sequence[UniProtFeature], skipped: int
) -> UniProtEntry:
    known = [item for item in features if item.begin is not None and item.end is not None]
    notes = []
    if skipped:
        notes.append(f"{skipped} features of other isoforms are left out")
    if len(known) < len(features):
        notes.append(f"{len(features) - len(known)} features without a known position are left out")
    if any(character.isspace() or not character.isalpha() for character in sequence):
        raise ValueError("the sequence has characters that are no letters")
    return UniProtEntry(tuple(accessions), name, sequence.upper(), tuple(known), tuple(notes))
