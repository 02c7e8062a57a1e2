"""The panel."""

from __future__ import annotations

from pathlib import Path

from provis_core.actions.head_request import choose_head
from provis_core.app import App
from provis_core.checkpoints.registry import find_model
from provis_core.errors import InputError, InstallError

__all__ = ["provis_pairs", "provis_panel"]


def provis_panel(
    app: App,
    selection: str = "",
    metric: str = "",
    model: str = "",
    layer: int | None = None,
    head: int | None = None,
    gaps: str = "",
    link: int = 0,
    window: int | None = None,
) -> None:
    """
    DESCRIPTION

        "provis_panel" opens the panel: all heads of a model at a glance,
        the attention map of one head linked with the structure both ways,
        profiles, binding sites, and a table of the pairs that are drawn.
        Everything that is done in it is written into the console as the
        command that does the same. Closing it leaves the drawing.

    USAGE

        provis_panel [ selection [, metric [, model [, layer [, head
            [, gaps [, link [, window ]]]]]]]]

    ARGUMENTS

        selection = string: atom selection; the chains that it touches can
        be chosen in the panel {default: all protein chains of the enabled
        objects}

        metric = contact, site, ptm, helix, strand, precision, separation,
        entropy, special_tokens or sink: what the grid shows of each head;
        ranked: what the last provis_heads on this chain gave
        {default: as it was, at first contact}

        model = string: a name that provis_models shows, or a folder
        {default: as it was, at first the one that provis_model chose}

        layer, head = integer: counted from 1 {default: as it was, at first
        the model's own}

        gaps = observed, full or auto: what the model sees, see provis_attn
        {default: as it was, at first auto}

        link = 0 or 1: look at all chains of the selection as one sequence,
        see provis_attn; without selection, at those of the object in the
        panel {default: 0}

        window = integer: for chains that are longer than the model can
        take, see provis_attn; 0 for none {default: as it was, at first 0}

    EXAMPLE

        fetch 1hpv, async=0
        provis_panel chain A
        provis_panel chain A, metric=entropy, layer=12, head=4
        provis_panel 1hpv, link=1

    NOTES

        The panel draws with matplotlib, which the Python of PyMOL must
        have. All other commands but provis_figure work without it.

    SEE ALSO

        provis_attn, provis_figure, provis_clear
    """
    from provis_core.figures.grids import RANKED, find_choice  # with its pictures: PyMOL starts sooner

    if app.open_panel is None:
        raise InstallError(
            f"{app.session.viewer.name} has no panel here",
            "A viewer with a window is needed",
            "Use the commands: help provis_attn",
        )
    if metric and metric != RANKED.name:
        find_choice(metric)
    if model:
        choose_head(find_model(model), layer, head)
    if window is not None and window != app.inspector.state.window:
        app.inspector.choose.options(window=window)
    app.open_panel(selection, bool(link))  # its window is not given back: PyMOL would keep it
    inspector = app.inspector
    if gaps and gaps != inspector.state.gaps:
        inspector.choose.gaps(gaps)
    if model and find_model(model).folder != inspector.entry.folder:
        inspector.choose.model(model)
    if layer is not None or head is not None:
        inspector.choose.head(choose_head(inspector.entry, layer, head))
    if metric and metric != inspector.state.metric:
        inspector.choose.metric(metric)


def provis_pairs(app: App, filename: str = "") -> Path:
    """
    DESCRIPTION

        "provis_pairs" writes the pairs that the panel has drawn of the
        chosen head: residues, attention, distance, separation, and whether
        they are a contact or reach the binding site.

    USAGE

        provis_pairs filename

    ARGUMENTS

        filename = string: the file to write; its ending says what it is: a
        table (.csv, .tsv), JSON (.json) or arrays for NumPy (.npz)

    EXAMPLE

        provis_panel chain A, layer=12, head=4
        provis_pairs pairs.csv

    SEE ALSO

        provis_panel, provis_figure, provis_attn
    """
    if not filename:
        raise InputError(
            "No file was named", "A name that ends in .csv, .tsv, .json or .npz is needed", "Try pairs.csv"
        )
    from provis_core.inspection.saving import export_pairs  # with its pictures: PyMOL starts sooner

    return export_pairs(app.inspector, Path(filename).expanduser())
