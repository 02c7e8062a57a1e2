"""The panel: opening it, and writing what it has drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..attention.arcs import MIN_ATTN, check_min_attn
from ..commands.declaration import Command, option
from ..errors import InstallError
from ..structures.sequence import GAPS
from ..targets.scope import model_option
from ._asking import HEADS_HELP, Asker, metric_names

__all__ = ["PANEL", "PanelOptions"]

_AS_IT_WAS: Final = "as it was"


@dataclass(frozen=True)
class PanelOptions:
    """What the panel looks at."""

    selection: str = option(
        "",
        "the chains that it touches can be chosen in the panel",
        kind="selection",
        shown="all protein chains that are shown",
        is_bare=True,
    )
    metric: str = option(
        "",
        "what the grid shows of each head; ranked: what the last «heads» on this chain gave",
        values=metric_names,
        shown=f"{_AS_IT_WAS}, at first contact",
    )
    model: str = model_option(f"{_AS_IT_WAS}, at first ")
    layer: int | None = option(
        None,
        "counted from 1; 12-4 is layer 12 and head 4",
        shown=f"{_AS_IT_WAS}, at first the model's own",
    )
    head: int | None = option(None, "counted from 1", shown=f"{_AS_IT_WAS}, at first the model's own")
    heads: str = option("", f"in place of a head, {HEADS_HELP}", values=("contact",), shown="one head")
    gaps: str = option(
        "", "what the model sees, see «attn»", values=GAPS, shown=f"{_AS_IT_WAS}, at first auto"
    )
    link: bool = option(
        False,
        "look at all chains of the selection as one sequence, see «attn»; without selection, at those of the "
        "object in the panel",
    )
    window: int | None = option(
        None,
        "for chains that are longer than the model can take, see «attn»; 0 for none",
        shown=f"{_AS_IT_WAS}, at first 0",
    )
    target: str = option(
        "",
        "what relevance is about, as in «explain»; with it the grid shows the relevance of the heads",
        shown=f"{_AS_IT_WAS}, at first that of «explain»",
    )
    min_attn: float | None = option(
        None,
        "smallest attention weight of a pair that counts in the grid, from 0.05 on, as in «heads»",
        shown=f"{_AS_IT_WAS}, at first {MIN_ATTN:g}",
    )


def _open(app: Asker, options: PanelOptions) -> None:
    from ..checkpoints.registry import find_model
    from ..figures.grids import RANKED
    from ..figures.relevance_grids import find_shown
    from .work.head_request import choose_head

    model, metric = options.model, options.metric
    if app.open_panel is None:
        raise InstallError(
            f"{app.session.viewer.name} has no panel here",
            "A viewer with a window is needed",
            "Use the commands: help «attn»",
        )
    if metric and metric != RANKED.name:
        find_shown(metric)
    if options.min_attn is not None:
        check_min_attn(options.min_attn)
    if model:
        choose_head(find_model(model), options.layer, options.head, options.heads)
    if options.window is not None and options.window != app.inspector.state.window:
        app.inspector.choose.options(window=options.window)
    if options.min_attn is not None and options.min_attn != app.inspector.state.counted:
        app.inspector.choose.counted(options.min_attn)
    is_first = not app.inspector.state.model  # nothing was looked at before
    app.open_panel(options.selection, options.link)  # its window is not given back: a viewer would keep it
    inspector = app.inspector
    if options.gaps and options.gaps != inspector.state.gaps:
        inspector.choose.gaps(options.gaps)
    if model and find_model(model).folder != inspector.entry.folder:
        inspector.choose.model(model)
    if options.layer is not None or options.head is not None or options.heads:
        inspector.choose.head(choose_head(inspector.entry, options.layer, options.head, options.heads))
    elif is_first and not metric:
        inspector.choose.best_head()
    if options.target and options.target != inspector.state.why:
        inspector.choose.why(options.target)
    if metric and metric != inspector.state.metric:
        inspector.choose.metric(metric)


PANEL: Final = Command(
    "panel",
    "opens the panel",
    PanelOptions,
    run=_open,
    about="opens the panel: all heads of a model at a glance, the attention map of one head linked with the "
    "structure both ways, profiles, binding sites, and a table of the pairs that are drawn. Everything that "
    "is "
    "done in it is written into the console as the command that does the same. Closing it leaves the "
    "drawing.",
    places=("selection", "metric", "model", "layer", "head", "gaps", "link", "window", "min_attn"),
    examples=(
        "«panel chain A»",
        "«panel chain A, metric=entropy, layer=12, head=4»",
        "«panel chain A+B, link=1»",
    ),
    notes="The panel draws with matplotlib, which the Python of the viewer must have. All other commands but "
    "«figure» work without it.",
    see_also=("attn", "figure", "export", "clear"),
)
