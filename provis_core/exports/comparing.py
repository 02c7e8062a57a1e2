"""What two records differ in, in words: of a file, and of the one that was made again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from .record import MadeChain, MadeModel, Record

__all__ = ["compare_chains", "compare_records", "name_chain", "quote"]

_LONGEST: Final = 60  # letters of a value that stands in a sentence
_DIGEST: Final = 12  # letters that tell one checksum from another
_MOST: Final = 40  # differences that are told one by one
_NONE: Final = object()
_PART: Final = re.compile(r"(?<=[.;]) ")  # of a caption
_DIGESTED: Final = re.compile(r"[0-9a-f]{64}")


def quote(value: Any) -> str:
    """Return a value of a file as it can stand in a line: no line breaks, no marks, not too long."""
    text = value if isinstance(value, str) else repr(value)
    plain = "".join(one if one.isprintable() and one not in "«»" else " " for one in text[: 4 * _LONGEST])
    words = " ".join(plain.split())
    return words if len(words) <= _LONGEST and len(text) <= 4 * _LONGEST else f"{words[:_LONGEST]}…"


def name_chain(chain: MadeChain) -> str:
    """Like ``1hpv chain A``, with the state where it is not the first."""
    words = f"{quote(chain.object_name)} chain {quote(chain.chain_id or chain.segment_id or '-')}"
    return words + (f", state {chain.state}" if chain.state != 1 else "")


def compare_records(old: Record, new: Record) -> list[str]:
    """Say what is not as it was; the lines that make the files again do not count.

    Parameters
    ----------
    old : Record
        Of the file that was there; may be from anywhere.
    new : Record
        Of the one that was made again.

    Returns
    -------
    list of str
        One line each, what is most likely the reason first; empty where all is the same.
    """
    lines = [
        *compare_chains(old.chains, new.chains),
        *_compare_models(old.model, new.model),
        *([f"head: {quote(new.head)} now, {quote(old.head)} in the file"] if new.head != old.head else []),
        *_compare_values("", old.options, new.options, ("selection", "model")),
        *_compare_values("version of ", old.versions, new.versions),
        *_compare_values("numbers of ", old.numbers, new.numbers),
    ]
    lines += _compare_words(old, new)
    left = len(lines) - _MOST
    return [*lines[:_MOST], f"and {left} more"] if left > 0 else lines


def compare_chains(old: Sequence[MadeChain], new: Sequence[MadeChain]) -> Iterator[str]:
    """Say which chains are not as they were, one line each."""
    for before, now in zip_longest(old, new):
        if before is None or now is None:
            yield f"structure: {'no' if now is None else 'also'} {name_chain(now or before)} now"
            continue
        told = list(_compare_chain(before, now))
        name = name_chain(now)
        if name != name_chain(before):
            told.insert(0, f"in the place of {name_chain(before)}")
        if told:
            yield f"structure: {name}: {'; '.join(told)}"


def _compare_chain(old: MadeChain, new: MadeChain) -> Iterator[str]:
    if old.entry != new.entry:
        yield f"entry {quote(new.entry) or 'unknown'}, not {quote(old.entry) or 'unknown'}"
    if old.residues != new.residues:
        n_other = new.n_residues != old.n_residues
        yield f"{new.n_residues} residues, not {old.n_residues}" if n_other else "other residues"
    elif old.coordinates != new.coordinates:
        yield "other coordinates"
    if old.sequence != new.sequence:
        yield "another sequence was read by the model"


def _compare_models(old: MadeModel, new: MadeModel) -> Iterator[str]:
    if old.name != new.name:
        yield f"model: {quote(new.name)} now, {quote(old.name)} in the file"
    if old.revision != new.revision:
        now, before = (quote(one.revision) or "unknown" for one in (new, old))
        yield f"model: revision {now} now, {before} in the file"
    for name in dict.fromkeys((*old.weights, *new.weights)):
        before, now = old.weights.get(name, ""), new.weights.get(name, "")
        if before != now:
            yield f"model: SHA-256 of {quote(name)} {_cut(now)} now, {_cut(before)} in the file"


def _compare_words(old: Record, new: Record) -> Iterator[str]:
    """Say which definitions are others; what names chain or model is told with these."""
    apart = {
        name.lower() for one in (*old.chains, *new.chains) for name in (one.object_name, one.entry) if name
    }
    apart |= {one.model.name.lower() for one in (old, new) if one.model.name}
    before, now = (
        [part for part in _PART.split(one.caption) if not any(name in part.lower() for name in apart)]
        for one in (old, new)
    )
    others = [one for one in now if one not in before], [one for one in before if one not in now]
    for one, two in zip_longest(*others, fillvalue="nothing"):
        yield f"caption: {quote(one)} now, {quote(two)} in the file"


def _cut(digest: str) -> str:
    return f"{quote(digest[:_DIGEST])}…" if digest else "none"


def _compare_values(
    what: str, old: Mapping[str, Any], new: Mapping[str, Any], apart: tuple[str, ...] = ()
) -> Iterator[str]:
    """Compare values by name; mappings in them are taken apart."""
    for name in dict.fromkeys((*old, *new)):
        before, now = old.get(name, _NONE), new.get(name, _NONE)
        if name in apart or before == now:
            continue
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            yield from _compare_values(f"{what}{quote(name)}: ", before, now)
        elif (
            isinstance(before, str) and isinstance(now, str) and all(map(_DIGESTED.fullmatch, (before, now)))
        ):
            yield f"{what}{quote(name)}: others than in the file"
        else:
            told = [quote(one) if one is not _NONE else "none" for one in (now, before)]
            yield f"{what}{quote(name)}: {told[0]} now, {told[1]} in the file"
