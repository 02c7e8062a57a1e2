"""The caption of a figure with a paragraph for the methods, and BibTeX of what both cite."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ..system.paths import resources_dir
from .record import MadeChain, Record

__all__ = ["list_references", "make_caption_text", "make_methods"]

_METHOD: Final = "vig2021bertology"
_PDB, _ALPHAFOLD = ("berman2000pdb",), ("jumper2021alphafold", "varadi2022afdb")
_ENTRY: Final = re.compile(r"^@\w+\{([^,]+),.*?^\}", re.MULTILINE | re.DOTALL)
_ADDRESS: Final = re.compile(r"^\s*(?:doi|eprint|url) = \{([^}]+)\}", re.MULTILINE)


def make_caption_text(record: Record) -> str:
    """Return what ``caption=FILE`` writes: title, caption, methods, and BibTeX.

    Parameters
    ----------
    record : Record
        With the checksums of the weights.
    """
    parts = [
        f"{record.title}\n\n{record.caption}",
        f"Methods\n\n{make_methods(record)}",
        "How to make it again\n\n" + "\n".join(f"    {line}" for line in record.commands),
        "References\n\n" + "\n\n".join(list_references(record)),
    ]
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def make_methods(record: Record) -> str:
    """Return a paragraph that says how the numbers were made, with the keys of what it cites."""
    model, versions = record.model, record.versions
    words = [f"revision {model.revision}"] if model.revision else []
    if model.hub:
        words.insert(0, model.hub)
    words += [f"{name}, SHA-256 {digest}" for name, digest in model.weights.items()]
    about = f" ({'; '.join(words)})" if words else ""
    cited = [key for key, _ in _cited(model.citation)]
    keys = f" [{', '.join(cited)}]" if cited else f" [{model.citation}]" if model.citation else ""
    chains = "; ".join(_describe_chain(one) for one in record.chains)
    read = {one.sequence for one in record.chains}
    lines = [
        f"Attention was computed with {model.name}{about}{keys} "
        f"by ProVis {versions.get('provis', '')} [provis] on {chains}.",
        "Chains were read together, as one sequence with linkers."
        if len(record.chains) > 1 and len(read) == 1
        else "",
        "Weights are those after the softmax; special tokens were cut out and rows not renormalised.",
        f"Attention on structures is read as by Vig et al. [{_METHOD}].",
        f"Note: {model.note}." if model.note else "",
        f"Software: {', '.join(f'{name} {number}' for name, number in versions.items())}.",
    ]
    return " ".join(line for line in lines if line)


def list_references(record: Record) -> list[str]:
    """Return BibTeX entries of the model, of ProVis, and of where the structures are from."""
    entries = dict(_entries())
    version = record.versions.get("provis", "")
    own = (
        "@software{provis,\n  title = {{ProVis}: attention of protein language models on structures},\n"
        f"  author = {{{{The ProVis authors}}}},\n  version = {{{version}}}\n}}"
    )
    found = [text for _, text in _cited(record.model.citation)]
    if record.model.citation and not found:
        found = [f"@misc{{{_key(record.model.name)},\n  note = {{{record.model.citation}}}\n}}"]
    names = list(dict.fromkeys(one.entry for one in record.chains if one.entry))
    sources = [name for keys in (_keys_of(one) for one in names) for name in keys]
    return [
        *found,
        own,
        entries[_METHOD],
        *(entries[key] for key in dict.fromkeys(sources)),
        *(_entry_of(one) for one in names),
    ]


def _describe_chain(chain: MadeChain) -> str:
    name = f"chain {chain.chain_id or chain.segment_id or '-'} of {chain.entry or chain.object_name}"
    state = f", state {chain.state}" if chain.state > 1 else ""
    return f"{name}{state} ({chain.n_residues} residues)"


def _is_alphafold(entry: str) -> bool:
    return entry.startswith("AF-")


def _keys_of(entry: str) -> tuple[str, ...]:
    return _ALPHAFOLD if _is_alphafold(entry) else _PDB


def _entry_of(entry: str) -> str:
    """BibTeX of one entry of the PDB, which has a doi of its own, or of the AlphaFold database."""
    if _is_alphafold(entry):
        return f"@misc{{{_key(entry)},\n  title = {{AlphaFold DB entry {entry}}}\n}}"
    code = entry.lower()
    return f"@misc{{pdb{code},\n  title = {{PDB entry {entry}}},\n  doi = {{10.2210/pdb{code}/pdb}}\n}}"


def _key(name: str) -> str:
    return re.sub(r"\W+", "_", name.lower())


def _entries() -> Iterable[tuple[str, str]]:
    text = (resources_dir() / "references.bib").read_text(encoding="utf-8")
    return ((match[1].strip(), match[0]) for match in _ENTRY.finditer(text))


def _cited(citation: str) -> list[tuple[str, str]]:
    """Keys and entries that a citation of ``models.json`` names by their address."""
    return [
        (key, text)
        for key, text in _entries()
        if any(address in citation for address in _ADDRESS.findall(text))
    ]
