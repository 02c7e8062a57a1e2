"""The commands that do what was done in the panel."""

from __future__ import annotations

from collections.abc import Sequence

from ..annotations.annotators import find_annotator
from ..attention.head_id import HeadId
from ..checkpoints.registry import ModelEntry
from ..scenes.draw_options import DrawOptions
from ..session.settings import SETTINGS, Settings
from ..targets.sites import SiteChoice
from ..targets.targets import Part
from ..viewers.viewer import SelectedChain, Viewer

__all__ = [
    "describe_attn",
    "describe_figure",
    "describe_heads",
    "describe_panel",
    "describe_profile",
    "describe_sites",
    "name_model",
    "name_part",
    "name_selected",
]

_LOOKS = ("color_by", "atom", "cutoff", "distance", "file", "transparency", "labels")
_KEPT = ("min_attn", "top", "min_sep", "palette", "radius")  # options whose default is a setting of the user


def describe_attn(
    viewer: Viewer,
    settings: Settings,
    part: Part,
    gaps: str,
    entry: ModelEntry,
    head: HeadId,
    options: DrawOptions,
    window: int,
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
    window : int
        Residues that the model sees at a time; 0 for the whole chain.

    Returns
    -------
    str
    """
    words = [f"provis_attn {name_part(viewer, part)}", str(head.layer + 1), str(head.head + 1)]
    given = _name_model_where_needed(settings, entry)
    standard = DrawOptions()
    for name in ("min_attn", "top", "min_sep", "direction", "palette", "radius"):
        value = getattr(options, name)
        if value != getattr(standard, name) or (name in _KEPT and settings.is_changed(name)):
            given.append((name, value))
    if window:
        given.append(("window", window))
    given += [
        (name, value) for name in _LOOKS if (value := getattr(options, name)) != getattr(standard, name)
    ]
    return _join(words, [*given, *_name_sequence(part, gaps)])


def describe_profile(
    viewer: Viewer,
    settings: Settings,
    part: Part,
    gaps: str,
    entry: ModelEntry,
    head: HeadId,
    which: str,
    window: int,
) -> str:
    """The ``provis_profile`` line that colours the residues by one head; see `describe_attn`."""
    words = [f"provis_profile {name_part(viewer, part)}", str(head.layer + 1), str(head.head + 1)]
    given = _name_model_where_needed(settings, entry)
    if which != "received":
        given.append(("which", which))
    if window:
        given.append(("window", window))
    return _join(words, [*given, *_name_sequence(part, gaps)])


def describe_sites(viewer: Viewer, part: Part, choice: SiteChoice) -> str:
    """The ``provis_sites`` line that shows the chosen site."""
    words = [f"provis_sites {name_part(viewer, part)}"]
    return _join(words, _site_arguments(viewer, part, choice))


def describe_heads(
    viewer: Viewer,
    settings: Settings,
    part: Part,
    gaps: str,
    entry: ModelEntry,
    annotation: str,
    choice: SiteChoice,
    window: int,
) -> str:
    """The ``provis_heads`` line that scores all heads on a property, or on the chosen site."""
    words = [f"provis_heads {name_part(viewer, part)}"]
    given: list[tuple[str, object]] = [("by", annotation)]
    if annotation == "site":
        given = _site_arguments(viewer, part, choice) or given
        if not any(name in ("by", "site") for name, _ in given):
            given = [("by", "site"), *given]
    given += _name_model_where_needed(settings, entry)
    if window:
        given.append(("window", window))
    return _join(words, [*given, *_name_sequence(part, gaps)])


def describe_panel(
    viewer: Viewer,
    settings: Settings,
    part: Part,
    gaps: str,
    entry: ModelEntry,
    metric: str,
    window: int,
) -> str:
    """The ``provis_panel`` line that shows a metric in the grid."""
    words = [f"provis_panel {name_part(viewer, part)}"]
    given = [("metric", metric), *_name_model_where_needed(settings, entry)]
    if window:
        given.append(("window", window))
    return _join(words, [*given, *_name_sequence(part, gaps)])


def describe_figure(
    viewer: Viewer,
    settings: Settings,
    part: Part,
    gaps: str,
    entry: ModelEntry,
    head: HeadId,
    path: str,
    choice: SiteChoice,
    given: Sequence[tuple[str, object]],
) -> str:
    """The ``provis_figure`` line that writes a figure; `given` are the options that are not the default."""
    words = [f"provis_figure {_text(path)}", name_part(viewer, part), str(head.layer + 1), str(head.head + 1)]
    site = _site_arguments(viewer, part, choice)
    if choice.source == "file":
        site = [(name, value) for name, value in site if name != "by"]
    given = [*_name_model_where_needed(settings, entry), *given, *site]
    return _join(words, [*given, *_name_sequence(part, gaps)])


def _site_arguments(viewer: Viewer, part: Part, choice: SiteChoice) -> list[tuple[str, object]]:
    wanted, standard = choice.property, find_annotator("site").defaults
    given: list[tuple[str, object]] = [("by", wanted.by)] if wanted.by not in ("", "site") else []
    if wanted.residues:
        given.append(("site", viewer.name_residues(part.chain, wanted.residues)))
    if choice.source == "file":
        given.append(("file", wanted.file))
    options = wanted.options.items()
    return given + [(name, value) for name, value in options if value != standard.get(name)]


def _name_model_where_needed(settings: Settings, entry: ModelEntry) -> list[tuple[str, object]]:
    model = name_model(entry)
    is_needed = settings.is_changed("model") or model != SETTINGS["model"].default
    return [("model", model)] if is_needed else []


def _name_sequence(part: Part, gaps: str) -> list[tuple[str, object]]:
    """What the model sees, where it is not the default."""
    given: list[tuple[str, object]] = [("gaps", gaps)] if gaps != "auto" else []
    return [*given, ("link", 1)] if part.chain.members else given


def _join(words: list[str], given: Sequence[tuple[str, object]]) -> str:
    return ", ".join([*words, *(f"{name}={_text(value)}" for name, value in given)])


def name_part(viewer: Viewer, part: Part) -> str:
    """A chain or linked ones, or the part that was selected, in the viewer's language."""
    return name_selected(viewer, part.selected)


def name_selected(viewer: Viewer, selected: SelectedChain) -> str:
    """As `name_part`, before the sequence that the model sees is known."""
    inside = selected.inside
    return viewer.name_residues(selected.chain, None if inside.all() else inside.nonzero()[0].tolist())


def name_model(entry: ModelEntry) -> str:
    """What finds a model again: its name, or its folder where it has none."""
    is_listed = entry.is_bundled or entry.is_added or entry.is_fetchable
    return entry.name if is_listed else str(entry.folder)


def _text(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f'"{text}"' if "," in text else text  # a comma ends an argument
