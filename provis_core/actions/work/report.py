"""What the console says: plain lines about a drawing, the models, the installation."""

from __future__ import annotations

from collections.abc import Sequence

from ...attention.edges import Edges
from ...checkpoints.catalogue import describe_status_note
from ...checkpoints.registry import ModelEntry
from ...errors import ProvisError
from ...scenes.draw_options import DrawOptions
from ...scoring.far_pairs import FAR, count_far_pairs
from ...targets.targets import Target
from ...worker.tasks.attention import AttentionResult
from ...worker.tasks.doctor import DoctorReport
from .drawing import DrawnChain
from .head_request import HeadRequest, explain_head

__all__ = [
    "describe_doctor",
    "describe_drawing",
    "describe_long_chains",
    "describe_nothing",
    "describe_passed",
]

_N_STRONGEST = 5  # pairs that are named in the report of a chain


def describe_drawing(
    drawn: Sequence[DrawnChain],
    request: HeadRequest,
    options: DrawOptions,
    seconds: float,
    *,
    quiet: bool,
) -> list[str]:
    """Say what was drawn on each chain.

    Parameters
    ----------
    drawn : sequence of DrawnChain
    request : HeadRequest
        Of the same chains, in the same order; it is done.
    options : DrawOptions
    seconds : float
        From the command to now.
    quiet : bool
        Say only what the user must not miss: the model's status, cuts, and chains without any pair.

    Returns
    -------
    list of str
        Lines.
    """
    lines = []
    model, head, results = request.entry, request.head, request.results()
    if note := describe_status_note(model):
        lines.append(f" ProVis: {note}")
    for item, result in zip(drawn, results, strict=True):
        if item.edges is None or isinstance(result, ProvisError):
            continue
        n_residues = item.sequence_map.n_positions
        windows = f" in windows of {request.window}" if 0 < request.window < n_residues else ""
        seen = item.sequence_map.description
        chain = f" ProVis: {item.chain.label}, {seen}{windows}, {model.name} {head.label}"
        if item.edges.n_edges == 0:
            removed = f"; the earlier {item.removed} was removed" if item.removed else ""
            lines.append(f"{chain}: nothing drawn: {describe_nothing(item.edges, options)}{removed}")
            continue
        if not quiet:
            lines.append(f"{chain}: {_what_was_drawn(item, options)}")
            lines.append(f"   strongest: {_strongest(item)}")
            lines.append(f"   {_near_and_far(item, options)}")
        elif item.edges.n_edges < item.edges.n_passed:
            lines.append(f"{chain}: {_what_was_drawn(item, options)}")
    if not quiet:
        high = max((float(d.edges.weight[0]) for d in drawn if d.edges and d.edges.n_edges), default=None)
        if high is not None:
            lines.append(_legend(options, high, next(d.legend for d in drawn if d.edges)))
        if words := explain_head(model, head):
            lines.append(f"   {words}")
        if hidden := [name for item in drawn for name in item.hidden]:
            lines.append(
                f"   hidden, not deleted, for the colours are the same: {', '.join(hidden)}; another "
                "«palette=», or a «name=», shows both"
            )
        lines.append(f"   {_timing(results, seconds)}")
    return lines


def describe_long_chains(model: ModelEntry, targets: Sequence[Target]) -> list[str]:
    """Name the chains that are longer than what the model was trained on.

    Parameters
    ----------
    model : ModelEntry
    targets : sequence of Target

    Returns
    -------
    list of str
        One line, or nothing where there is none or the trained length is not registered.
    """
    limit = model.trained_length
    long = [target for target in targets if limit is not None and target.sequence_map.n_positions > limit]
    if not long:
        return []
    chains = ", ".join(
        f"{target.chain.label} ({target.sequence_map.n_positions} residues)" for target in long
    )
    return [
        f"{model.name} was trained on {limit} tokens at a time; what it says about a longer chain is an "
        f"extrapolation: {chains}"
    ]


def describe_doctor(report: DoctorReport, host_problems: Sequence[str] = ()) -> list[str]:
    """What the worker found, and what is wrong with it.

    Parameters
    ----------
    report : DoctorReport
    host_problems : sequence of str
        What is wrong with the viewer's own Python.

    Returns
    -------
    list of str
        The last lines are the problems, or say that there is none.
    """
    packages = ", ".join(f"{name} {version or 'MISSING'}" for name, version in report.packages.items())
    lines = [
        f"worker: Python {report.python}",
        f"libraries: {packages}",
        f"devices: {', '.join(report.devices) or 'none'}; {report.threads} CPU threads",
        f"result cache: {report.cache_bytes / 1e6:.1f} MB in {report.cache_dir}",
    ]
    lines += [f"note: {remark}" for remark in report.remarks]
    problems = [*host_problems, *report.problems]
    return lines + ([f"PROBLEM: {problem}" for problem in problems] or ["no problem found"])


def describe_passed(edges: Edges, options: DrawOptions) -> str:
    """How many pairs pass, of how many, and by which options.

    Parameters
    ----------
    edges : Edges
    options : DrawOptions

    Returns
    -------
    str
    """
    return (
        f"{edges.n_passed} of {edges.n_candidates} pairs have attention >= {options.min_attn:g} "
        f"(«direction={options.direction}», «min_sep={options.min_sep}»)"
    )


def describe_nothing(edges: Edges, options: DrawOptions) -> str:
    """Why no pair passes, and what the user can try.

    Parameters
    ----------
    edges : Edges
        Without a pair.
    options : DrawOptions

    Returns
    -------
    str
    """
    if not edges.n_candidates:
        return (
            "no two residues of the selection are resolved and "
            f"«min_sep={options.min_sep}» or more apart in the sequence"
        )
    if not edges.largest:
        return (
            f"no pair has attention >= {options.min_attn:g}, and weaker ones were not kept "
            "(try a smaller min_attn)"
        )
    return (
        f"no pair has attention >= {options.min_attn:g}; "
        f"the largest weight is {edges.largest:.3g} (try «min_attn={_rounded_down(edges.largest):g}»)"
    )


def _what_was_drawn(item: DrawnChain, options: DrawOptions) -> str:
    edges = item.edges
    assert edges is not None
    text = f"{describe_passed(edges, options)}, "
    if edges.n_edges == edges.n_passed:
        return text + f"all drawn as {item.name}"
    text += f"the strongest {edges.n_edges} drawn as {item.name}"
    if options.top and options.top <= options.max_pairs:
        return text + f" («top={options.top}»; «top=0» draws all)"
    return text + f" («set max_pairs, {edges.n_passed}» lifts this limit; the viewer may become slow)"


def _near_and_far(item: DrawnChain, options: DrawOptions) -> str:
    """How much of a drawing is neighbours in the sequence, and what the rest says about the fold."""
    assert item.edges is not None
    found = count_far_pairs(item.chain, item.sequence_map, item.edges)
    near = f"{found.n_near} of {item.edges.n_edges} drawn are near in the sequence (|i-j| < {FAR})"
    offer = f"; «min_sep={FAR}» leaves them out" if found.n_near else ""
    if not found.n_far:
        return f"{near}, none is far{offer}"
    contacts = (
        f"{found.n_far} far, of which {found.n_contacts} are contacts (CA-CA < {found.cutoff:g} Å), "
        f"{found.n_expected:.1f} by chance at their separations"
    )
    return f"{near}, {contacts}{offer}" if options.min_sep < FAR else contacts


def _rounded_down(value: float) -> float:
    """A round threshold a bit below a value, with two digits."""
    text = f"{value * 0.8:.0e}"
    return float(text)


def _strongest(item: DrawnChain) -> str:
    edges = item.edges
    assert edges is not None
    arrow = "->" if edges.direction == "directed" else "-"
    return ", ".join(
        f"{item.chain.residue_label(query)} {arrow} {item.chain.residue_label(key)} {weight:.2f}"
        for query, key, weight in zip(
            edges.query[:_N_STRONGEST].tolist(),
            edges.key[:_N_STRONGEST].tolist(),
            edges.weight[:_N_STRONGEST].tolist(),
            strict=True,
        )
    )


def _legend(options: DrawOptions, high: float, colors: str) -> str:
    ends = "; the grey end attends (query), the coloured end is attended to (key)"
    ends = ends if options.direction == "directed" else ""
    if options.color_by == "weight":
        return f"   colour and radius: {colors}{ends}"
    return f"   colour: {colors}; radius: attention {options.min_attn:g} to {high:.2f}{ends}"


def _timing(results: Sequence[AttentionResult | ProvisError], seconds: float) -> str:
    ran = {result for result in results if isinstance(result, AttentionResult)}
    computed = [result for result in ran if not result.cached]
    if not computed:
        return f"{seconds:.1f} s, read from the cache"
    where = ", ".join(sorted({f"{result.device} {result.dtype}".strip() for result in computed}))
    return f"{seconds:.1f} s, run on {where}"
