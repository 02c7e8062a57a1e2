"""What the panel says of its drawing, and why something cannot be chosen now."""

from __future__ import annotations

from dataclasses import replace

from ..actions.work.drawing import choose_edges
from ..attention.arcs import Arcs
from .inspector import Inspector

__all__ = ["describe_legend", "find_obstacles"]


def describe_legend(inspector: Inspector) -> str:
    """Say how many pairs are drawn, of all heads that are shown, and what their colours mean.

    Where there is none, it tells the largest weight that there would be. Empty where nothing is drawn.
    """
    state, drawn, legend = inspector.state, inspector.drawn, inspector.stage.cylinders.legend
    own = drawn.get(state.head)
    if own is None:
        return ""
    n_pairs = sum(edges.n_edges for edges in drawn.values())
    left = sum(edges.n_passed for edges in drawn.values()) - n_pairs
    words = "1 pair is drawn" if n_pairs == 1 else f"{n_pairs} pairs are drawn"
    words += f", {left} weaker ones are not" if left else ""
    if len(drawn) > 1:
        words = (
            f"{n_pairs} pairs of {len(drawn)} heads are drawn, {own.n_edges} of them of {state.head.label}"
            + (f"; {left} weaker ones are not" if left else "")
        )
    if not own.n_edges:
        words += f". {_describe_largest(inspector)}"
    return f"{words}. Colours: {legend}." if legend else f"{words}."


def _describe_largest(inspector: Inspector) -> str:
    """The largest weight of the chosen head among the pairs that all options but the threshold let pass."""
    state, target, readings = inspector.state, inspector.target, inspector.readings
    values = (
        readings.weights
        if readings.weights is not None or readings.own_scan is None
        else readings.own_scan.arcs
    )
    apart = f" of residues at least {state.options.min_sep} apart" if state.options.min_sep > 1 else ""
    if target is None or values is None:
        return f"No weight of {state.head.label} reaches {state.options.min_attn:g}"
    least = values.min_weight if isinstance(values, Arcs) else 0.0
    if isinstance(values, Arcs) and state.options.direction == "mean":
        return f"No mean weight of {state.head.label} reaches {state.options.min_attn:g}"
    options = replace(state.options, min_attn=least, top=1)
    edges = choose_edges(values, state.head, target.chain, target, options)
    if not edges.n_edges:
        return f"{state.head.label} has no weight of {least:g} or more{apart}"
    return f"The largest weight of {state.head.label}{apart} is {float(edges.weight[0]):.3g}"


def find_obstacles(inspector: Inspector) -> dict[str, str]:
    """Why something cannot be done or chosen now, by its name; what can be is left out.

    Names are ``chain``, ``save``, ``export``, ``copy``, ``clear``, ``profile``, ``site``, ``site_shown``, and
    those of `DrawOptions`.
    """
    state, readings, stage = inspector.state, inspector.readings, inspector.stage
    found: dict[str, str] = {}
    if not inspector.chains:
        found["chain"] = "There is no protein chain yet: load a structure"
    if inspector.target is None:
        found |= dict.fromkeys(("copy", "site", "profile"), "No chain is looked at")
    if inspector.loader.is_awaited("figure"):
        found["save"] = "A figure is being saved"
    elif readings.scan is None and readings.weights is None:
        found["save"] = "There is nothing to save yet: the model has not read the chain"
    if readings.edges is None or not readings.edges.n_edges:
        found["export"] = "No pair of this head is drawn"
    if not (inspector.drawn or stage.painting.names or stage.site_show.names or state.box is not None):
        found["clear"] = "Nothing of the panel is shown"
    if readings.sites is None:
        found["site_shown"] = str(readings.missing.get("site", "No site is known yet"))
    if len(state.heads) > 1:
        why = "Several heads are shown: each has a colour of its own, and colours mean heads"
        found |= dict.fromkeys(("color_by", "palette"), why)
    return found
