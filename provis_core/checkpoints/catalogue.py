"""What is known about the models, in lines for the console: a table of all, a page for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..attention.head_id import HeadId
from ..errors import ProvisError
from . import store
from .config import read_config, read_family
from .labels import is_unnamed
from .readouts import read_readouts
from .registry import BestHead, ModelEntry, format_bytes, list_registry

__all__ = ["describe_model", "describe_models", "describe_offer", "describe_status_note", "note_for_files"]

_PROPERTIES: Final = {"contact": "contacts", "binding_site": "binding sites", "ptm": "PTM sites"}
_KINDS: Final = {
    "masked_lm": "letters that are masked",
    "sequence": "a class of the whole chain",
    "token": "a class of each residue",
    "contact": "contacts of residues",
}
_SHOWN: Final = 10
_LEGEND: Final = (
    "best heads: the published % of arcs with attention >= 0.3 that are contacts (by chance 1.27), or end at",
    "binding sites (4.83) or PTM sites (0.84): Vig et al., arXiv 2006.15222",
)


def describe_models(
    models: Sequence[ModelEntry], default: str, absent: Sequence[ModelEntry] | None = None
) -> list[str]:
    """Every model in one line or a few: what can be used now, then what can be fetched.

    Parameters
    ----------
    models : sequence of ModelEntry
        Those on disk.
    default : str
        Name or folder of the kept default, which is marked.
    absent : sequence of ModelEntry, optional
        Those that can be fetched; by default all of the registry that are not on disk.

    Returns
    -------
    list of str
    """
    if absent is None:
        absent = [entry for entry in list_registry() if entry.is_fetchable and not entry.is_on_disk]
    lines = ["on this computer (* is in use):"]
    for model in models:
        lines += _describe_present(model, "*" if model.name == default else " ")
    if all(model.name != default for model in (*models, *absent)):
        lines.append(f"* {default}")
    if absent:
        lines.append("to be fetched («fetch NAME»):")
    for model in absent:
        mark = "*" if model.name == default else " "
        lines += _describe_rows(model, mark, _sizes(model.n_layers, model.n_heads))
        partial = store.partial_bytes(model.name)
        if partial:
            lines.append(f"    half downloaded ({format_bytes(partial)}): «fetch {model.name}» goes on")
    if any(model.best_heads for model in (*models, *absent)):
        lines += _LEGEND
    return lines


def describe_model(entry: ModelEntry) -> list[str]:
    """All that is known about one model, and where it was read.

    Parameters
    ----------
    entry : ModelEntry

    Returns
    -------
    list of str
    """
    rows: list[tuple[str, object, str]] = [
        ("family", entry.family, ""),
        ("hub", entry.hub, "hub"),
        ("package", entry.package, ""),
        ("revision", entry.revision, "revision"),
        ("layers", entry.n_layers, "layers"),
        ("heads", entry.n_heads, "heads"),
        ("trained length", entry.trained_length and f"{entry.trained_length} tokens", "trained_length"),
        ("parameters", entry.n_parameters and f"{entry.n_parameters:,}", "parameters"),
        ("size", entry.download_bytes and format_bytes(entry.download_bytes), "download_bytes"),
        ("licence", entry.license, "license"),
        ("but", entry.license_note, "license_note"),
        ("citation", entry.citation, "citation"),
    ]
    lines = [f"{entry.name}: {entry.folder if entry.is_on_disk else 'not on this computer'}"]
    for label, value, key in rows:
        if not value and label not in entry.unverified:
            continue
        source = entry.sources.get(key, "")
        if value and key and not source and entry.is_fetchable:
            source = "recorded when it was fetched"
        lines.append(f"  {label}: {value or 'unverified'}{f'   [{source}]' if source else ''}")
    for name, heads in entry.best_heads.items():
        lines.append(f"  best heads, {_PROPERTIES[name]}: {', '.join(map(_describe_head, heads))}")
    if entry.best_heads:
        lines.append(f"    [{entry.sources['best_heads']}]")
    for name, one in entry.head_sets.items():
        if name not in entry.best_heads:
            members = "+".join(head.label for head in one.heads)
            lines.append(f"  «heads={name}»: {members}, {one.note}   [{one.source}]")
    if entry.note:
        lines.append(f"  {entry.note}")
    if entry.refusal:
        lines.append(f"  ProVis does not run it: {entry.refusal}")
    return lines + (_describe_readouts(entry) if entry.is_on_disk else [])


def _describe_readouts(entry: ModelEntry) -> list[str]:
    """What it computes beside attention, each readout with its classes."""
    try:
        found = read_readouts(entry.folder, read_family(read_config(entry.folder)))
    except ProvisError as error:
        return [f"  not usable: {error}"]
    lines = []
    for one in found:
        shown = ", ".join(one.labels[:_SHOWN]) + (", ..." if len(one.labels) > _SHOWN else "")
        words = f"{_KINDS[one.kind]}: {shown}" if one.labels else _KINDS[one.kind]
        if is_unnamed(one.labels):
            words += " (to name them: provis models add FOLDER --labels FILE)"
        name = "" if one.name == one.kind else f"{one.name}, "
        lines.append(f"  computes {name}{words}" + (f" ({one.note})" if one.note else ""))
    return lines


def describe_offer(entry: ModelEntry) -> str:
    """Name, size and licence of a model that can be fetched, in one line."""
    size = format_bytes(entry.download_bytes) if entry.download_bytes else "size unverified"
    words = f"{entry.name}: {size}, licence {entry.license or 'unverified'}"
    partial = store.partial_bytes(entry.name)
    return f"{words}, {format_bytes(partial)} of it are here" if partial else words


def describe_status_note(entry: ModelEntry) -> str:
    """What must be said about a model wherever its attention is shown; empty for a published one.

    Raises
    ------
    CheckpointError
        If its files are missing or damaged.
    """
    config = read_config(entry.folder)
    note = config.note or entry.note
    if config.status != "trained" and not note.startswith(config.status):
        note = f"{config.status}: {note}" if note else config.status
    return f"{entry.name}: {note}" if note else ""


def note_for_files(entry: ModelEntry) -> dict[str, str]:
    """Return `describe_status_note` as ``model_note`` of a table that is written; nothing where it is empty.

    Raises
    ------
    CheckpointError
        If the files of the model are missing or damaged.
    """
    note = describe_status_note(entry)
    return {"model_note": note} if note else {}


def _describe_present(model: ModelEntry, mark: str) -> list[str]:
    try:
        config = read_config(model.folder)
    except ProvisError as error:
        return [f"{mark} {model.name}: not usable. {error}"]
    head = model.default_head or config.default_head
    limit = f"at most {config.max_residues} residues" if config.max_residues else "no length limit"
    rows = _describe_rows(model, mark, _sizes(config.n_layers, config.n_heads), config.family, (limit,), head)
    note = describe_status_note(model)
    return [*rows, f"    {note.partition(': ')[2]}"] if note else rows


def _describe_rows(
    model: ModelEntry,
    mark: str,
    sizes: str,
    family: str = "",
    more: tuple[str, ...] = (),
    head: HeadId | None = None,
) -> list[str]:
    parts = list(more)
    if model.is_fetchable:
        length = f"trained on {model.trained_length} tokens"
        parts.append(length if model.trained_length else "trained length unverified")
        parts.append(format_bytes(model.download_bytes) if model.download_bytes else "size unverified")
        parts.append(f"licence {model.license or 'unverified'}")
    if head is not None and "contact" not in model.best_heads:
        parts.append(f"draws {head.label} by default")
    family = family or model.family
    rows = [f"{mark} {model.name:13s} {family:9s} {sizes:7s}  {', '.join(parts)}".rstrip()]
    if model.license_note:
        rows.append(f"    ! {model.license_note}")
    if model.best_heads:
        best = [
            f"{_PROPERTIES[name]} {_describe_head(heads[0], short=True)}"
            for name, heads in model.best_heads.items()
        ]
        rows.append(f"    best heads: {', '.join(best)}")
    return rows


def _sizes(n_layers: int | None, n_heads: int | None) -> str:
    return f"{n_layers or '?'} x {n_heads or '?'}"


def _describe_head(best: BestHead, *, short: bool = False) -> str:
    interval = f" ({best.interval[0]:g} to {best.interval[1]:g})" if best.interval and not short else ""
    return f"{best.head.label} {best.percent:g}%{interval}"
