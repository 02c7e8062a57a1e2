"""Makes the record of a file from what was looked at."""

from __future__ import annotations

import functools
import hashlib
import math
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .. import __version__
from ..attention.head_id import Head, HeadSet
from ..checkpoints import store
from ..checkpoints.catalogue import describe_status_note
from ..checkpoints.files import weight_files
from ..checkpoints.registry import ModelEntry
from ..structures.chain import Chain
from ..structures.given_sequences import names_file
from ..structures.subject import Subject
from ..targets.targets import Target
from .record import MadeChain, MadeModel, Record

__all__ = ["HIDDEN", "add_weights", "describe_head", "digest_chain", "make_record", "summarise"]

HIDDEN: Final = "SHA-256 "
"""What begins an option of a record where a sequence was typed: its checksum stands there."""

_LONGEST_WORD: Final = 4  # of what a baseline may be called: ``mask``


def make_record(
    kind: str,
    targets: Sequence[tuple[Target, Subject]],
    entry: ModelEntry,
    head: Head | None = None,
    *,
    what: str = "Attention of",
    commands: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    viewer: str = "",
    definitions: Iterable[str] = (),
) -> Record:
    """Say what a file shows and what made it.

    Parameters
    ----------
    kind : str
        Name of the command.
    targets : sequence of (Target, Subject)
    entry : ModelEntry
    head : HeadId or HeadSet, optional
        0-based; None where all heads are shown.
    what : str
        What of the model is shown, in words.
    commands : sequence of str
        Lines that make the file again. A sequence that was typed is in none of them.
    options : mapping, optional
        All options of the last command; what is no plain value is left out.
    viewer : str
        Name of the program, and its version where it is known.
    definitions : iterable of str
        What is counted, like ``"contacts: CA-CA < 8 Å, |i-j| >= 6"``.

    Returns
    -------
    Record
        Without the checksums of the weights, which take seconds for a large model: `add_weights`.

    Raises
    ------
    CheckpointError
        If the files of the model are missing or damaged.
    """
    chains = tuple(made for target, subject in targets for made in _describe_chains(target, subject))
    model = MadeModel(
        entry.name,
        entry.address if entry.address == entry.name else entry.folder.name,
        entry.hub,
        entry.revision,
        describe_status_note(entry),
        entry.citation,
    )
    shown = " and ".join(_name_target(target, subject) for target, subject in targets)
    words = f"{shown}, {entry.name}" + ("" if head is None else f" {describe_head(head)}")
    about = f"{shown} ({_count_residues(chains)}). {what} {_describe_model(model)}"
    about += f", {describe_head(head)}." if head is not None else "."
    told = list(definitions)
    if told:
        about += f" Definitions: {'; '.join(told)}."
    hidden = _find_letters(options or {})
    versions = {"provis": __version__, "python": platform.python_version(), "numpy": np.__version__}
    if viewer:
        versions["viewer"] = viewer
    return Record(
        kind=kind,
        title=words,
        caption=about,
        commands=tuple(_hide_letters(one, hidden) for one in commands),
        options=_plain(options or {})
        | {name: f"{HIDDEN}{_digest(text.encode())}" for name, text in hidden.items()},
        model=model,
        head="" if head is None else head.label,
        chains=chains,
        versions=versions,
    )


def add_weights(record: Record, folder: Path) -> Record:
    """Add the checksums of the weights of the model in a folder; what was hashed is remembered.

    Raises
    ------
    CheckpointError
        If there are none, or they are not whole.
    """
    return replace(record, model=replace(record.model, weights=_hash_weights(folder)))


def describe_head(head: Head) -> str:
    """Like ``head 12-4`` or ``mean of heads 12-4+11-6 (contact)``."""
    if isinstance(head, HeadSet):
        members = "+".join(one.label for one in head.heads)
        weighted = "weighted mean" if head.weights else "mean"
        return f"{weighted} of heads {members}" + (f" ({head.name})" if head.name else "")
    return f"head {head.label}"


def summarise(
    values: npt.NDArray[Any], marks: Mapping[str, npt.NDArray[np.int32]] | None = None
) -> dict[str, Any]:
    """Numbers by which two arrays can be compared: shape, how many are known, sum and ends.

    Parameters
    ----------
    values : numpy.ndarray
    marks : mapping of str to numpy.ndarray of int32, optional
        What is compared by its checksum.
    """
    known = np.asarray(values, dtype=np.float64)[np.isfinite(values)]
    numbers = {
        "sum": float(known.sum()),
        "lowest": float(known.min(initial=math.inf)),
        "highest": float(known.max(initial=-math.inf)),
    }
    rounded = {name: float(f"{one:.5g}") for name, one in numbers.items() if math.isfinite(one)}
    digests = {name: _digest(one.astype("<i4").tobytes()) for name, one in (marks or {}).items()}
    return {"shape": list(np.shape(values)), "known": len(known), **rounded, **digests}


def _describe_model(model: MadeModel) -> str:
    words = [f"revision {model.revision}"] if model.revision else []
    if model.hub:
        words.insert(0, model.hub)
    note = model.note.removeprefix(f"{model.name}: ")
    words += [note] if note else []
    return model.name + (f" ({'; '.join(words)})" if words else "")


def _describe_chains(target: Target, subject: Subject) -> list[MadeChain]:
    read = _digest(target.sequence_map.sequence.encode("ascii", "replace"))
    singles = target.chain.singles
    subjects = subject.members or (subject,)
    return [
        replace(digest_chain(chain), entry=_entry_of(one), sequence=read)
        for chain, one in zip(singles, subjects, strict=True)
    ]


def digest_chain(chain: Chain) -> MadeChain:
    """Return what tells one chain, not joined, from another: its names, and the checksums of its residues."""
    names = "\n".join(
        f"{one.chain} {one.resi} {name}"
        for one, name in zip(chain.residue_ids, chain.residue_names, strict=True)
    )
    # a place that is not known is told from every other
    places = np.nan_to_num(np.round(chain.ca_coords.astype(np.float64) * 1000), nan=2**31)
    return MadeChain(
        object_name=chain.object_name,
        chain_id=chain.chain_id,
        segment_id=chain.segment_id,
        state=chain.state,
        n_residues=chain.n_residues,
        residues=_digest(names.encode()),
        coordinates=_digest(places.astype("<i8").tobytes()),
    )


def _entry_of(subject: Subject) -> str:
    return subject.records.entry if subject.records is not None else ""


def _name_target(target: Target, subject: Subject) -> str:
    """Like ``1HPV chain A``; where the object is called otherwise, ``mine chain A (of 1HPV)``."""
    entries = dict.fromkeys(filter(None, (_entry_of(one) for one in subject.members or (subject,))))
    label = target.chain.label
    first = target.chain.singles[0].object_name
    if len(entries) == 1 and label.startswith(first) and first.upper() == next(iter(entries)):
        return first.upper() + label[len(first) :]
    return f"{label} (of {', '.join(entries)})" if entries else label


def _count_residues(chains: Sequence[MadeChain]) -> str:
    n = sum(one.n_residues for one in chains)
    return f"{n} residues" if n != 1 else "1 residue"


def _find_letters(options: Mapping[str, Any]) -> dict[str, str]:
    """Sequences that were typed as options: a file that is shown to others must not give them away."""
    seqres, baseline = (str(options.get(name) or "").strip() for name in ("seqres", "baseline"))
    found = {"seqres": seqres} if seqres and not names_file(seqres) else {}
    return found | ({"baseline": baseline} if len(baseline) > _LONGEST_WORD else {})


def _hide_letters(line: str, hidden: Mapping[str, str]) -> str:
    for text in hidden.values():
        line = line.replace(text, "SEQUENCE")
    return line


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in options.items():
        if value is None or isinstance(value, (str, int, float, bool)):
            plain[name] = value
        elif isinstance(value, Mapping):
            plain[name] = _plain(value)
    return plain


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _hash_weights(folder: Path) -> dict[str, str]:
    found = {}
    for path in weight_files(folder):
        about = path.stat()
        found[path.name] = _hash_file(path, about.st_size, about.st_mtime_ns)
    return found


@functools.lru_cache(maxsize=64)
def _hash_file(path: Path, size: int, changed: int) -> str:
    """SHA-256 of a file as it is; that of a fetched one was compared with its manifest when it came."""
    known = store.read_manifest(path.parent).files.get(path.name)
    stamp = store.manifest_stamp(path.parent)
    if known and stamp and known["size"] == size and changed <= stamp[0]:
        return str(known["sha256"])
    return store.hash_file(path)
