"""One self-contained HTML page about a survey: methods, pictures, published numbers, what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from ..attention.head_id import HeadId
from ..checkpoints.registry import ModelEntry, list_registry
from ..errors import InputError
from ..system.whole_files import write_whole
from .page import describe_run, list_left_out, make_page, make_table, show_pictures, write_number
from .pictures import PICTURES, draw_pictures, title_of
from .reading import FeatureHeads, SurveyFolder
from .relevance_report import make_relevance_page

__all__ = ["write_report"]

_BACKGROUND: Final = {"contact": 1.27, "binding_site": 4.83, "ptm": 0.84}
"""Published, in percent: Vig et al., arXiv 2006.15222."""

_N_SHOWN: Final = 3


def write_report(folder: Path, model_note: str = "") -> Path:
    """Draw the pictures of a survey and write ``report.html``.

    Parameters
    ----------
    folder : pathlib.Path
        Of a survey whose tables have been made.
    model_note : str
        What must be said about the model; may be empty.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        If there are no tables, or the page cannot be written.
    InstallError
        If there is no matplotlib.
    """
    survey = SurveyFolder(folder)
    try:
        if survey.about["protocol"].get("measure") == "relevance":
            page = make_relevance_page(survey, model_note)
        else:
            page = _make_attention_page(survey, draw_pictures(survey), model_note)
        path = folder / "report.html"
        with write_whole(path) as temporary:
            temporary.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror or error})",
            "A folder where you may write, with enough space, is needed",
            "Copy the survey to another place",
        ) from error
    return path


def _make_attention_page(survey: SurveyFolder, pictures: Mapping[str, Path], note: str) -> str:
    parts = [_summarize(survey)]
    if note:
        parts.append(f"<p><strong>{escape(note)}.</strong></p>")
    parts += ["<h2>Heads beyond chance</h2>", _table_of_best(survey), *show_pictures(pictures, PICTURES)]
    parts += ["<h2>Beside the published numbers</h2>", _compare(survey)]
    parts += [
        "<h2>Methods</h2>",
        _describe_methods(survey),
        "<h2>What was left out</h2>",
        list_left_out(survey),
    ]
    parts += ["<h2>How it was made</h2>", describe_run(survey)]
    return make_page(f"What the heads of {survey.model} attend to", parts)


def _summarize(survey: SurveyFolder) -> str:
    about = survey.about
    found = [
        f"{title_of(name)} {len(one.survivors)} of {int(one.is_tested.sum())}"
        for name, one in survey.features.items()
        if not name.startswith("aa_")
    ]
    words = (
        f"{about['proteins']} proteins ({about['distinct']} clusters that count once), "
        f"{survey.n_layers} layers "
        f"of {survey.n_heads} heads. Heads beyond chance, corrected for all heads, of those tested: "
        f"{', '.join(found)}."
    )
    return f"<p>{escape(words)}</p>"


def _table_of_best(survey: SurveyFolder) -> str:
    """Of each feature some heads that survive, and the one with the largest share where it does not."""
    rows = []
    for name, one in survey.features.items():
        if name.startswith("aa_"):
            continue
        largest = [head for head in one.top(1) if head not in one.survivors]
        for head in (*one.survivors[:_N_SHOWN], *largest):
            share, low, high = (one.columns[key][head] for key in ("share", "share_low", "share_high"))
            interval = f"{_percent(low)} to {_percent(high)}"
            rows.append(
                (
                    title_of(name), head.label, "yes" if head in one.survivors else "no",
                    f"{int(one.columns['arcs'][head])}", _percent(share), interval,
                    _percent(one.background), _percent(one.columns["shift_expected"][head]),
                    write_number(one.columns["shift_p_max"][head], ".2g"),
                )
            )  # fmt: skip
    titles = (
        "Feature", "Head", "Beyond chance", "Arcs", "Share, %", "95 % over proteins", "Background, %",
        "Shifted, %", "p, all heads",
    )  # fmt: skip
    note = (
        f"Of each feature at most {_N_SHOWN} of the heads that are beyond chance, the surest first, and the "
        "head with the largest share where it is none of them. Shifted: the share with the feature shifted "
        "along each protein, which is what chance gives; p is against these shifts, corrected for all heads. "
        "All heads are in heads.csv."
    )
    return make_table(titles, rows, numbers=(3, 4, 5, 6, 7, 8)) + f'<p class="note">{escape(note)}</p>'


def _compare(survey: SurveyFolder) -> str:
    """Published heads of the five models; where this is one of them, the same heads here."""
    published = [entry for entry in list_registry() if entry.best_heads]
    own = next((entry for entry in published if entry.name.lower() == survey.model.lower()), None)
    names = [name for name in _BACKGROUND if name in survey.features]
    if not names:
        return (
            "<p>None of the features of the paper (contacts, binding sites, PTM sites) was asked about.</p>"
        )
    body = _beside_all(survey, names, published) if own is None else _beside_own(survey, names, own)
    words = "The same heads, on other proteins."
    if own is None:
        words = (
            f"{survey.model} is none of the five models of the paper, so its numbers stand beside theirs, "
            "not against them: other models, other proteins."
        )
    how = "Shares here are of all arcs, as in the paper."
    if survey.about["protocol"]["denominator"] != "all":
        how = (
            "Shares here are of the arcs of which the feature is known, and backgrounds like for like, so "
            "they are higher than the paper's way of counting gives (--protocol paper)."
        )
    source = "Published: Vig et al., arXiv 2006.15222, best heads by share of arcs with attention >= 0.3."
    return f'<p>{escape(words)}</p>{body}<p class="note">{escape(f"{source} {how}")}</p>'


def _beside_own(survey: SurveyFolder, names: Sequence[str], entry: ModelEntry) -> str:
    rows = [
        (
            title_of(name), best.head.label, f"{best.percent:g}", f"{_BACKGROUND[name]:g}",
            *_here(survey.features[name], best.head),
        )
        for name in names
        for best in entry.best_heads.get(name, ())
    ]  # fmt: skip
    titles = ("Feature", "Head", "Published, %", "background", "Here, %", "95 % over proteins", "background")
    return make_table(titles, rows, numbers=(2, 3, 4, 5, 6))


def _beside_all(survey: SurveyFolder, names: Sequence[str], published: Sequence[ModelEntry]) -> str:
    def first(entry: ModelEntry, name: str) -> str:
        best = entry.best_heads.get(name, ())
        return f"{best[0].percent:g} ({best[0].head.label})" if best else "-"

    def ours(name: str) -> str:
        one = survey.features[name]
        return next((f"{_percent(one.columns['share'][head])} ({head.label})" for head in one.top(1)), "-")

    rows = [
        *((entry.name, *(first(entry, name) for name in names)) for entry in published),
        ("background, published", *(f"{_BACKGROUND[name]:g}" for name in names)),
        (f"{survey.model}, here", *map(ours, names)),
        ("background, here", *(_percent(survey.features[name].background) for name in names)),
    ]
    return make_table(("Model", *(f"{title_of(name)}, %" for name in names)), rows)


def _here(one: FeatureHeads, head: HeadId) -> tuple[str, str, str]:
    n_layers, n_heads = one.columns["share"].shape
    if head.layer >= n_layers or head.head >= n_heads:  # another model of that name
        return "not there", "-", _percent(one.background)
    share, low, high = (one.columns[key][head] for key in ("share", "share_low", "share_high"))
    return _percent(share), f"{_percent(low)} to {_percent(high)}", _percent(one.background)


def _describe_methods(survey: SurveyFolder) -> str:
    protocol = survey.about["protocol"]
    limits = []
    if protocol["max_tokens"]:
        limits.append(
            f"proteins were cut to {protocol['max_tokens']} tokens ({survey.about['cut']} were longer)"
        )
    if protocol["max_residues"]:
        limits.append(f"proteins of more than {protocol['max_residues']} residues were left out")
    of_what = {
        "all": "all arcs of the head",
        "known": "those arcs of which the feature is known (of pairs, also far enough apart in the sequence)",
    }[protocol["denominator"]]
    sentences = [
        f"Attention of all heads of {survey.model} was computed on each protein; weights between "
        f"residues are as the "
        "model gives them, special tokens are cut out, and rows are not renormalised.",
        f"An arc is an ordered pair of residues with a weight of at least {protocol['min_attn']:g}. A "
        f"head's share is "
        f"the part of its arcs whose target (of pairs: which) has the feature, of {of_what}.",
        "The background is the share of all residues, or pairs, that have it.",
        f"Heads with fewer than {protocol['min_arcs']} arcs, and heads of which more than half of the "
        f"arcs end at "
        "residues that half of the chain attends to (sinks), are not tested.",
        "Proteins are the unit: intervals are percentiles of 2,000 bootstrap draws of clusters of "
        "proteins; p-values "
        f"are from {protocol['n_shifts']} circular shifts of the feature along each protein, pooled "
        f"over proteins and "
        "corrected for all heads by the largest z of each shift. The paper's two-proportion test, of "
        "which arcs are "
        "the unit, is in heads.csv.",
        "The centre of gravity of a feature is the mean layer, weighted by the mean share of its heads.",
    ]
    if limits:
        sentences.append(f"{'; '.join(limits).capitalize()}.")
    sentences.append("docs/survey.md has all formulas.")
    return f"<p>{escape(' '.join(sentences))}</p>"


def _percent(value: Any) -> str:
    return write_number(100 * value, ".1f")
