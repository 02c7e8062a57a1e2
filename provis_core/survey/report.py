"""One self-contained HTML page about a survey: methods, pictures, published numbers, what was left out."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..attention.head_id import HeadId
from ..checkpoints.registry import ModelEntry, list_registry
from ..errors import InputError
from ..system.whole_files import write_whole
from .pictures import PICTURES, draw_pictures, title_of
from .reading import FeatureHeads, SurveyFolder

__all__ = ["write_report"]

_BACKGROUND: Final = {"contact": 1.27, "binding_site": 4.83, "ptm": 0.84}
"""Published, in percent: Vig et al., arXiv 2006.15222."""

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 60em;
  margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { font-size: 1.2em; margin-top: 2em; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; font-size: 13px; margin: .8em 0; }
th, td { text-align: left; padding: .15em .8em .15em 0; border-bottom: 1px solid #ddd; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
td:first-child { white-space: nowrap; }
figure { margin: 1.5em 0; } figcaption { font-size: 13px; color: #444; }
code { font-size: 13px; overflow-wrap: anywhere; } .note { color: #444; font-size: 13px; }
@media print { body { max-width: none; } figure { break-inside: avoid; } }
"""
_N_SHOWN: Final = 3
_WIDEST: Final = 180 / 25.4 * 72  # pt; a double column
_MIME: Final = {".svg": "image/svg+xml", ".png": "image/png"}


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
        pictures = draw_pictures(survey)
        page = _make_page(survey, pictures, model_note)
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


def _make_page(survey: SurveyFolder, pictures: Mapping[str, Path], note: str) -> str:
    title = f"What the heads of {survey.model} attend to"
    parts = [f"<h1>{escape(title)}</h1>", _summarize(survey)]
    if note:
        parts.append(f"<p><strong>{escape(note)}.</strong></p>")
    parts += ["<h2>Heads beyond chance</h2>", _table_of_best(survey)]
    for number, (name, path) in enumerate(pictures.items(), 1):
        mime = _MIME[path.suffix]
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        image = f'<img alt="{escape(name)}" style="width:{_width(path)}" src="data:{mime};base64,{data}">'
        words = f"<b>Figure {number}.</b> {escape(PICTURES[name])}"
        parts.append(f"<figure>{image}<figcaption>{words}</figcaption></figure>")
    parts += ["<h2>Beside the published numbers</h2>", _compare(survey)]
    parts += [
        "<h2>Methods</h2>",
        _describe_methods(survey),
        "<h2>What was left out</h2>",
        _list_left_out(survey),
    ]
    parts += ["<h2>How it was made</h2>", _describe_run(survey)]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _width(path: Path) -> str:
    """How wide a picture stands, so that letters are of one size in all."""
    found = re.search(
        r'<svg[^>]*\swidth="([\d.]+)pt"', path.read_text(encoding="utf-8", errors="replace")[:2000]
    )
    return f"{min(1.0, float(found[1]) / _WIDEST):.0%}" if found else "100%"


def _summarize(survey: SurveyFolder) -> str:
    about = survey.about
    found = [
        f"{title_of(name)} {int(np.nansum(one.columns['survives']))} of {int(one.is_tested.sum())}"
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
        survivors = [head for head in one.order if one.columns["survives"][head] == 1]
        largest = [head for head in one.top(1) if head not in survivors]
        for head in (*survivors[:_N_SHOWN], *largest):
            share, low, high = (one.columns[key][head] for key in ("share", "share_low", "share_high"))
            interval = f"{_percent(low)} to {_percent(high)}"
            rows.append(
                (
                    title_of(name), head.label, "yes" if head in survivors else "no",
                    f"{int(one.columns['arcs'][head])}", _percent(share), interval,
                    _percent(one.background), _percent(one.columns["shift_expected"][head]),
                    _number(one.columns["shift_p_max"][head], ".2g"),
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
    return _table(titles, rows, numbers=(3, 4, 5, 6, 7, 8)) + f'<p class="note">{escape(note)}</p>'


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
    return _table(titles, rows, numbers=(2, 3, 4, 5, 6))


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
    return _table(("Model", *(f"{title_of(name)}, %" for name in names)), rows)


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


def _list_left_out(survey: SurveyFolder) -> str:
    left = survey.left_out()
    parts = []
    if left:
        reasons = Counter(reason for _, reason in left)
        rows = [(str(count), reason) for reason, count in reasons.most_common(15)]
        parts.append(
            f"<p>{len(left)} items were not counted:</p>{_table(('Items', 'Reason'), rows, numbers=(0,))}"
        )
        if len(reasons) > 15:
            parts.append(f'<p class="note">{len(reasons) - 15} more reasons are in left_out.csv.</p>')
    else:
        parts.append("<p>No item was left out.</p>")
    if missing := survey.missing():
        rows = [(title_of(name), str(count)) for name, count in missing.items()]
        parts.append(
            "<p>Proteins of which a feature is not known:</p>"
            + _table(("Feature", "Proteins"), rows, numbers=(1,))
        )
    return "".join(parts)


def _describe_run(survey: SurveyFolder) -> str:
    about, model = survey.about, survey.about["model"]
    made = about["about"]
    rows = [("command", made.get("command", "")), ("model", f"{model['name']} ({model['family']})")]
    rows += [(name, str(model.get(name) or "-")) for name in ("revision", "fingerprint", "dtype")]
    rows += [(name, str(value)) for name, value in made.items() if name != "command" and value]
    body = _table(("", ""), [(name, value) for name, value in rows], code=True)
    inputs = [(Path(one["path"]).name, str(one["bytes"]), one["sha256"]) for one in about["inputs"]]
    listed = _table(("Input", "Bytes", "SHA-256"), inputs, numbers=(1,), code=True)
    return f"{body}<details><summary>Inputs with their checksums ({len(inputs)})</summary>{listed}</details>"


def _table(
    titles: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = (), *, code: bool = False
) -> str:
    def cell(tag: str, place: int, text: str) -> str:
        words = f"<code>{escape(text)}</code>" if code and tag == "td" and place else escape(text)
        return f"<{tag}{' class=n' if place in numbers else ''}>{words}</{tag}>"

    head = "".join(cell("th", k, title) for k, title in enumerate(titles)) if any(titles) else ""
    body = "".join(f"<tr>{''.join(cell('td', k, text) for k, text in enumerate(row))}</tr>" for row in rows)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def _percent(value: Any) -> str:
    return _number(100 * value, ".1f")


def _number(value: Any, style: str) -> str:
    return "-" if np.isnan(value) else format(float(value), style)
