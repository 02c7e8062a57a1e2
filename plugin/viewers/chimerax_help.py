"""The help pages of the commands, as ChimeraX shows them: ``help provis attn``."""

from __future__ import annotations

import html
from collections.abc import Iterable

from provis_core.actions import known_commands
from provis_core.commands.arguments import describe_arguments
from provis_core.commands.declaration import Command, Option
from provis_core.commands.dialect import CHIMERAX

__all__ = ["write_page"]

_HEAD = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><link rel="stylesheet" type="text/css" href="../userdocs.css">
<title>Command: provis</title></head><body>
<h3><a href="../index.html#commands">Command</a>: provis</h3>
"""
_KINDS = {
    "selection": "<a href='atomspec.html'>atom-spec</a>",
    "switch": "true | false",
    "integer": "number",
    "new file": "filename",
    "file": "filename",
    "colour": "<a href='color.html#colornames'>color</a>",
}


def write_page() -> str:
    """Return one page with all commands; each has an anchor of its name."""
    commands = known_commands()
    links = " · ".join(f'<a href="#{one.name}">{one.name}</a>' for one in commands)
    return f"{_HEAD}<p>{links}</p>\n{''.join(map(_describe, commands))}</body></html>\n"


def _describe(command: Command) -> str:
    told, known = describe_arguments(command), command.all
    name = CHIMERAX.command(command.name)
    places = [*told.required, *told.optional]
    words = [f"<i>{one.typed}</i>" for one in places]
    words += [f"<b>{one.typed}</b>&nbsp;{_kind(known[one.name])}" for one in told.keyword]
    about = (command.about or f"{command.summary}.").split("\n\n")
    notes = command.notes.split("\n\n") if command.notes else []
    listed = "".join(
        f"<li><b>{one.typed}</b>: {_explain(known[one.name])}</li>\n" for one in (*places, *told.keyword)
    )
    examples = "<br>".join(_link(CHIMERAX.render(line)) for line in command.examples)
    others = ", ".join(f'<a href="#{one}">{CHIMERAX.command(one)}</a>' for one in command.see_also)
    return "".join(
        [
            f'<h4 id="{command.name}">{name}</h4>\n',
            f"<p>Usage: <b>{name}</b> [ {' ] [ '.join(words)} ]</p>\n"
            if words
            else f"<p>Usage: <b>{name}</b></p>\n",
            _paragraphs([f"<b>{name}</b> {_text(about[0])}", *map(_text, about[1:])]),
            f"<ul>\n{listed}</ul>\n" if listed else "",
            f"<p>{'Examples' if len(command.examples) > 1 else 'Example'}:<br>{examples}</p>\n"
            if examples
            else "",
            _paragraphs(map(_text, notes)),
            f"<p>See also: {others}</p>\n" if others else "",
        ]
    )


def _kind(option: Option) -> str:
    if isinstance(option.values, tuple) and option.values:
        return " | ".join(map(html.escape, option.values))
    return f"<i>{_KINDS.get(option.kind, option.kind)}</i>"


def _explain(option: Option) -> str:
    text = _text(option.help) or "which chains, as a specifier"
    return f"{text} (default: {_text(option.default_text)})" if option.default_text else text


def _text(text: str) -> str:
    return html.escape(CHIMERAX.render(text), quote=False)


def _link(line: str) -> str:
    return f'<a href="cxcmd:{html.escape(line)}">{html.escape(line, quote=False)}</a>'


def _paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{text}</p>\n" for text in texts)
