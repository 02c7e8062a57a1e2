"""What is known about one checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..attention.head_id import HeadId, HeadSet
from ..system.given_files import has_file

__all__ = ["BestHead", "ModelEntry", "describe_terms", "format_bytes", "name_of_hub"]

_VERIFIABLE: Final = {
    "revision": "revision",
    "n_layers": "layers",
    "n_heads": "heads",
    "trained_length": "trained length",
    "n_parameters": "parameters",
    "download_bytes": "size",
    "license": "licence",
}
"""Fields that a model from elsewhere should have, and what the user reads for them."""


@dataclass(frozen=True)
class BestHead:
    """A head and the published share of its arcs that have a property.

    Attributes
    ----------
    head : HeadId
        0-based.
    percent : float
        Of the arcs with attention >= 0.3.
    interval : tuple of float, or None
        95 % interval, where published.
    """

    head: HeadId
    percent: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class ModelEntry:
    """One checkpoint.

    Attributes
    ----------
    name : str
        What the user types.
    folder : pathlib.Path
        Where its files are, or will be once it was fetched.
    default_head : HeadId or None
        The head that is drawn unless another one is asked for; 0-based.
    note : str
        What every output must say about it; may be empty.
    license, citation : str
        Empty where not registered.
    license_note : str
        What the licence forbids or asks for; shown wherever the licence is.
    family : str
        Like ``"BERT"``; empty for a folder that is no registered model.
    hub, revision : str
        Repository on the Hugging Face hub and its commit; empty where there is none.
    package : str
        Python package in the worker's environment that brings the files; mostly empty.
    n_layers, n_heads, n_parameters : int or None
    trained_length : int or None
        Tokens of the longest piece that it saw in training.
    download_bytes : int or None
    best_heads : mapping of str to tuple of BestHead
        By property: ``contact``, ``binding_site``, ``ptm``; best first.
    head_sets : mapping of str to HeadSet
        Published heads by what they are for, such as ``contact``; with their source.
    sources : mapping of str to str
        Where each field of ``models.json`` was read.
    letters : tuple of int and str, or None
        Token id of the first residue's letter and the letters in the order of the ids, as its authors
        published them; a fetched vocabulary is compared with it.
    refusal : str
        Why ProVis does not run it, though its heads were published; mostly empty.
    is_bundled, is_added : bool
        Whether it came with ProVis, or is a folder that the user added.
    """

    name: str
    folder: Path
    default_head: HeadId | None = None
    note: str = ""
    license: str = ""
    citation: str = ""
    license_note: str = ""
    family: str = ""
    hub: str = ""
    revision: str = ""
    package: str = ""
    n_layers: int | None = None
    n_heads: int | None = None
    n_parameters: int | None = None
    trained_length: int | None = None
    download_bytes: int | None = None
    best_heads: Mapping[str, tuple[BestHead, ...]] = field(default_factory=dict)
    head_sets: Mapping[str, HeadSet] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    letters: tuple[int, str] | None = None
    refusal: str = ""
    is_bundled: bool = False
    is_added: bool = False

    @property
    def is_on_disk(self) -> bool:
        """Whether its files are there; that they are whole is seen when it is used or checked."""
        return has_file(self.folder / "config.json")

    @property
    def address(self) -> str:
        """What finds it again: its name, or its folder where it has none."""
        is_listed = self.is_bundled or self.is_added or self.is_fetchable
        return self.name if is_listed else str(self.folder)

    @property
    def fetch_name(self) -> str:
        """What to type to fetch it: its name, or ``owner/repository`` where it is not registered."""
        return self.hub if self.hub and self.name == name_of_hub(self.hub) else self.name

    @property
    def is_fetchable(self) -> bool:
        """Whether ``provis_fetch`` can get it."""
        return bool(self.hub or self.package)

    @property
    def unverified(self) -> tuple[str, ...]:
        """What is not known about it from a cited source, in words."""
        if not self.is_fetchable:
            return ()
        names = {**_VERIFIABLE}
        if self.package:
            del names["revision"]
        return tuple(words for name, words in names.items() if not getattr(self, name))


def name_of_hub(hub: str) -> str:
    """Name of a checkpoint that is known by ``owner/repository`` alone."""
    return hub.lower().replace("/", "--")


def describe_terms(entry: ModelEntry) -> str:
    """Size and licence in one phrase, with what is unverified named as such."""
    size = format_bytes(entry.download_bytes) if entry.download_bytes else "size unverified"
    note = f": {entry.license_note}" if entry.license_note else ""
    return f"{size}, licence {entry.license or 'unverified'}{note}"


def format_bytes(n_bytes: float) -> str:
    """A size as it is read by people: ``"31.4 MB"``."""
    return f"{n_bytes / 1e9:.2f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.1f} MB"
