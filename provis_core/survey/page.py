"""What the pages of surveys have in common: style, tables, pictures, what was left out, how it was made."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np

from .pictures import title_of
from .reading import SurveyFolder

__all__ = [
    "describe_run", "list_left_out", "make_page", "make_table", "show_pictures", "write_number",
]  # fmt: skip

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
_WIDEST: Final = 180 / 25.4 * 72  # pt; a double column
_MIME: Final = {".svg": "image/svg+xml", ".png": "image/png"}


def make_page(title: str, parts: Sequence[str]) -> str:
    """A whole page in HTML; title as plain text, parts as HTML."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = "".join((f"<h1>{escape(title)}</h1>", *parts))
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def show_pictures(pictures: Mapping[str, Path], captions: Mapping[str, str]) -> list[str]:
    """Pictures inside the page, numbered, with what they show."""
    parts = []
    for number, (name, path) in enumerate(pictures.items(), 1):
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        mime = _MIME[path.suffix]
        image = f'<img alt="{escape(name)}" style="width:{_width(path)}" src="data:{mime};base64,{data}">'
        words = f"<b>Figure {number}.</b> {escape(captions[name])}"
        parts.append(f"<figure>{image}<figcaption>{words}</figcaption></figure>")
    return parts


def _width(path: Path) -> str:
    """How wide a picture stands, so that letters are of one size in all."""
    found = re.search(
        r'<svg[^>]*\swidth="([\d.]+)pt"', path.read_text(encoding="utf-8", errors="replace")[:2000]
    )
    return f"{min(1.0, float(found[1]) / _WIDEST):.0%}" if found else "100%"


def list_left_out(survey: SurveyFolder) -> str:
    """What was not counted, and why."""
    left = survey.left_out()
    parts = []
    if left:
        reasons = Counter(reason for _, reason in left)
        rows = [(str(count), reason) for reason, count in reasons.most_common(15)]
        parts.append(
            f"<p>{len(left)} items were not counted:</p>{make_table(('Items', 'Reason'), rows, numbers=(0,))}"
        )
        if len(reasons) > 15:
            parts.append(f'<p class="note">{len(reasons) - 15} more reasons are in left_out.csv.</p>')
    else:
        parts.append("<p>No item was left out.</p>")
    if missing := survey.missing():
        rows = [(title_of(name), str(count)) for name, count in missing.items()]
        parts.append(
            "<p>Proteins of which a feature is not known:</p>"
            + make_table(("Feature", "Proteins"), rows, numbers=(1,))
        )
    return "".join(parts)


def describe_run(survey: SurveyFolder) -> str:
    """Command, model, versions, inputs with checksums."""
    about, model = survey.about, survey.about["model"]
    made = about["about"]
    rows = [("command", made.get("command", "")), ("model", f"{model['name']} ({model['family']})")]
    rows += [(name, str(model.get(name) or "-")) for name in ("revision", "fingerprint", "dtype")]
    rows += [(name, str(value)) for name, value in made.items() if name != "command" and value]
    body = make_table(("", ""), [(name, value) for name, value in rows], code=True)
    inputs = [(Path(one["path"]).name, str(one["bytes"]), one["sha256"]) for one in about["inputs"]]
    listed = make_table(("Input", "Bytes", "SHA-256"), inputs, numbers=(1,), code=True)
    return f"{body}<details><summary>Inputs with their checksums ({len(inputs)})</summary>{listed}</details>"


def make_table(
    titles: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = (), *, code: bool = False
) -> str:
    """Rows of plain text as HTML; `numbers` are the columns that stand right."""

    def cell(tag: str, place: int, text: str) -> str:
        words = f"<code>{escape(text)}</code>" if code and tag == "td" and place else escape(text)
        return f"<{tag}{' class=n' if place in numbers else ''}>{words}</{tag}>"

    head = "".join(cell("th", k, title) for k, title in enumerate(titles)) if any(titles) else ""
    body = "".join(f"<tr>{''.join(cell('td', k, text) for k, text in enumerate(row))}</tr>" for row in rows)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def write_number(value: Any, style: str) -> str:
    """A number in a style of `format`; a dash where there is none."""
    return "-" if np.isnan(value) else format(float(value), style)
