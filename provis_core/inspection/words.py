"""The lines that do what was done in the panel, as its viewer takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..actions import find_command
from ..actions.attention import AttentionOptions
from ..actions.figure import FigureChoice
from ..actions.heads import HeadOptions
from ..actions.panel import PanelOptions
from ..actions.profile import ProfileOptions
from ..actions.sites import SiteOptions
from ..annotations.annotators import find_annotator
from ..attention.head_id import HeadId
from ..checkpoints.registry import ModelEntry
from ..commands.declaration import options_of
from ..commands.line import line
from ..scenes.draw_options import DrawOptions
from ..session.settings import SETTINGS, Settings
from ..structures.chain import SelectedChain
from ..targets.sites import SiteChoice
from ..targets.targets import Target
from ..viewers.viewer import Viewer

__all__ = [
    "describe_attn",
    "describe_figure",
    "describe_heads",
    "describe_panel",
    "describe_profile",
    "describe_sites",
    "name_model",
    "name_selected",
    "name_target",
]


def describe_attn(
    viewer: Viewer,
    settings: Settings,
    target: Target,
    gaps: str,
    entry: ModelEntry,
    head: HeadId,
    options: DrawOptions,
    window: int,
) -> str:
    """Return the line that makes a drawing.

    Parameters
    ----------
    viewer : Viewer
    settings : Settings
        What is the default is left out, unless the user has another one: the line is good anywhere.
    target : Target
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
    drawn = {name: getattr(options, name) for name in options_of(DrawOptions) if name not in ("name", "sele")}
    asked = AttentionOptions(**_scope(viewer, settings, target, gaps, entry, window), **_place(head), **drawn)
    return line(find_command("attn"), asked, viewer.dialect, settings.is_changed)


def describe_profile(
    viewer: Viewer,
    settings: Settings,
    target: Target,
    gaps: str,
    entry: ModelEntry,
    head: HeadId,
    which: str,
    window: int,
) -> str:
    """Return the line that colours the residues by one head; see `describe_attn`."""
    scope = _scope(viewer, settings, target, gaps, entry, window)
    return line(find_command("profile"), ProfileOptions(**scope, **_place(head), which=which), viewer.dialect)


def describe_sites(viewer: Viewer, target: Target, choice: SiteChoice) -> str:
    """Return the line that shows the chosen site."""
    asked = _site(viewer, target, choice)
    distance = asked["given"].pop("distance", None)
    options = SiteOptions(selection=name_target(viewer, target), distance=distance, **asked)
    return line(find_command("sites"), options, viewer.dialect)


def describe_heads(
    viewer: Viewer,
    settings: Settings,
    target: Target,
    gaps: str,
    entry: ModelEntry,
    annotation: str,
    choice: SiteChoice,
    window: int,
) -> str:
    """Return the line that scores all heads on a property, or on the chosen site."""
    asked: dict[str, Any] = {"by": annotation}
    if annotation == "site":
        asked = _site(viewer, target, choice)
        asked["by"] = asked["by"] or ("" if asked["site"] else "site")
    options = HeadOptions(**_scope(viewer, settings, target, gaps, entry, window), **asked)
    return line(find_command("heads"), options, viewer.dialect)


def describe_panel(
    viewer: Viewer,
    settings: Settings,
    target: Target,
    gaps: str,
    entry: ModelEntry,
    metric: str,
    window: int,
) -> str:
    """Return the line that shows a metric in the grid."""
    asked = _scope(viewer, settings, target, gaps, entry, window)
    asked |= {"gaps": "" if gaps == "auto" else gaps, "window": window or None, "metric": metric}
    return line(find_command("panel"), PanelOptions(**asked), viewer.dialect)


def describe_figure(
    viewer: Viewer,
    settings: Settings,
    target: Target,
    gaps: str,
    entry: ModelEntry,
    head: HeadId,
    path: str,
    choice: SiteChoice,
    given: Sequence[tuple[str, object]],
) -> str:
    """Return the line that writes a figure; `given` are the options that are not the default."""
    site = _site(viewer, target, choice)
    if choice.source == "file":
        site["by"] = ""
    asked: dict[str, Any] = {**_scope(viewer, settings, target, gaps, entry, 0), **site, **dict(given)}
    return line(find_command("figure"), FigureChoice(filename=path, **_place(head), **asked), viewer.dialect)


def _site(viewer: Viewer, target: Target, choice: SiteChoice) -> dict[str, Any]:
    """The fields of `PropertyOptions` that find the chosen site."""
    wanted, standard = choice.property, find_annotator("site").defaults
    return {
        "by": wanted.by if wanted.by != "site" else "",
        "site": viewer.name_residues(target.chain, wanted.residues) if wanted.residues else "",
        "file": wanted.file if choice.source == "file" else "",
        "given": {name: value for name, value in wanted.options.items() if value != standard.get(name)},
    }


def _scope(
    viewer: Viewer, settings: Settings, target: Target, gaps: str, entry: ModelEntry, window: int
) -> dict[str, Any]:
    """The fields of `Scope` for what is looked at; the model where it is not everybody's."""
    model = name_model(entry)
    is_needed = settings.is_changed("model") or model != SETTINGS["model"].default
    return {
        "selection": name_target(viewer, target),
        "model": model if is_needed else "",
        "gaps": gaps,
        "link": bool(target.chain.members),
        "window": window,
    }


def _place(head: HeadId) -> dict[str, Any]:
    return {"layer": head.layer + 1, "head": head.head + 1}


def name_target(viewer: Viewer, target: Target) -> str:
    """A chain or linked ones, or the part that was selected, in the viewer's language."""
    return name_selected(viewer, target.selected)


def name_selected(viewer: Viewer, selected: SelectedChain) -> str:
    """As `name_part`, before the sequence that the model sees is known."""
    inside = selected.inside
    return viewer.name_residues(selected.chain, None if inside.all() else inside.nonzero()[0].tolist())


def name_model(entry: ModelEntry) -> str:
    """What finds a model again: its name, or its folder where it has none."""
    is_listed = entry.is_bundled or entry.is_added or entry.is_fetchable
    return entry.name if is_listed else str(entry.folder)
