"""The commands that do what was done in the panel."""

from __future__ import annotations

from ..attention import HeadId
from ..drawing import DrawOptions, Part
from ..registry import ModelEntry
from ..settings import SETTINGS, Settings
from ..viewer import Viewer

__all__ = ["describe_attn", "name_model", "name_part"]

_LOOKS = ("color_by", "atom", "cutoff", "distance", "file", "transparency", "labels")
_KEPT = ("min_attn", "top", "palette", "radius")  # options whose default is a setting of the user


def describe_attn(
    viewer: Viewer,
    settings: Settings,
    part: Part,
    gaps: str,
    entry: ModelEntry,
    head: HeadId,
    options: DrawOptions,
) -> str:
    """The ``provis_attn`` line that makes a drawing.

    Parameters
    ----------
    viewer : Viewer
    settings : Settings
        What is the default is left out, unless the user has another one: the line is good anywhere.
    part : Part
    gaps : str
        As it was asked for.
    entry : ModelEntry
    head : HeadId
    options : DrawOptions

    Returns
    -------
    str
    """
    words = [f"provis_attn {name_part(viewer, part)}", str(head.layer + 1), str(head.head + 1)]
    given: list[tuple[str, object]] = []
    model = name_model(entry)
    if settings.is_changed("model") or model != SETTINGS["model"].default:
        given.append(("model", model))
    standard = DrawOptions()
    for name in ("min_attn", "top", "min_sep", "direction", "palette", "radius", "window", *_LOOKS):
        value = getattr(options, name)
        if value != getattr(standard, name) or (name in _KEPT and settings.is_changed(name)):
            given.append((name, value))
    if gaps != "auto":
        given.append(("gaps", gaps))
    return ", ".join([*words, *(f"{name}={_text(value)}" for name, value in given)])


def name_part(viewer: Viewer, part: Part) -> str:
    """A chain, or the part of it that was selected, in the viewer's language."""
    inside = part.selected.inside
    return viewer.name_residues(part.chain, None if inside.all() else inside.nonzero()[0].tolist())


def name_model(entry: ModelEntry) -> str:
    """What finds a model again: its name, or its folder where it has none."""
    is_listed = entry.is_bundled or entry.is_added or entry.is_fetchable
    return entry.name if is_listed else str(entry.folder)


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
