"""The help of a command in PyMOL's own sections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from provis_core.commands.declaration import Command, Option
from provis_core.commands.dialect import PYMOL

__all__ = ["write_help"]

_WIDTH = 72  # of PyMOL's own help
_INDENT = "    "
_WORDS = {
    "integer": "integer",
    "number": "float",
    "switch": "0 or 1",
    "selection": "string: atom selection",
}


def write_help(command: Command) -> str:
    """Return what ``help`` prints of a command, except for what PyMOL adds.

    Parameters
    ----------
    command : Command

    Returns
    -------
    str
        Sections DESCRIPTION, USAGE and those that have something in them.
    """
    name = PYMOL.command(command.name)
    first, *others = (command.about or f"{command.summary}.").split("\n\n")
    places = [command.own[one] for one in command.places]
    by_name = [one for one in command.all.values() if one.name not in command.places]
    sections = [
        ("DESCRIPTION", [f'"{name}" {first}', *others]),
        ("USAGE", [_usage(name, places, by_name)]),
        ("ARGUMENTS", [_argument(one) for one in (*places, *by_name)]),
        ("EXAMPLE", ["\n".join(PYMOL.render(line) for line in command.examples)]),
        ("NOTES", command.notes.split("\n\n") if command.notes else []),
        ("SEE ALSO", [", ".join(PYMOL.command(one) for one in command.see_also)]),
    ]
    return "\n\n".join(
        f"{title}\n\n{_paragraphs(texts, is_code=title == 'EXAMPLE')}"
        for title, texts in sections
        if any(texts)
    )


def _usage(name: str, places: Sequence[Option], by_name: Sequence[Option]) -> str:
    words = "".join(f"{' [ ' if k == 0 else ' [, '}{one.name}" for k, one in enumerate(places))
    end = (" [" if not places else " [,") + " option=value ..." if by_name else ""
    n_open = len(places) + bool(end)
    return f"{name}{words}{end}" + (f" {']' * n_open}" if n_open else "")


def _argument(option: Option) -> str:
    kind = option.words or _WORDS.get(option.kind, "string")
    text = f"{option.name} = {kind}: {option.help}" if ":" not in kind else f"{option.name} = {kind}"
    if ":" in kind and option.help:
        text += f"; {option.help}"
    return f"{text} {{default: {option.default_text}}}" if option.default_text else text


def _paragraphs(texts: Iterable[str], *, is_code: bool) -> str:
    return "\n\n".join(
        "\n".join(_INDENT + line for line in (text.split("\n") if is_code else _wrap(PYMOL.render(text))))
        for text in texts
        if text
    )


def _wrap(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= _WIDTH:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines
