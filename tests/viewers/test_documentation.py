"""Every line of the documentation with one of our commands, as PyMOL reads it when it is pasted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from plugin.viewers.pymol_help import write_help
from provis_core.actions import known_commands
from provis_core.annotations.annotators import property_names
from provis_core.checkpoints.registry import find_entry
from provis_core.commands.declaration import Command
from provis_core.commands.reading import read_options

from .programs import ROOT

_LINE = re.compile(
    r"^(?:    (provis_\w+(?![:\w]).*)|\| `(provis_[^`]*)`)", re.MULTILINE
)  # code, or in a table
_USAGE = re.compile(r"\[|\b[A-Z]{4}")  # what stands for an argument, as in ``provis_model NAME``
_HELP_LINE = re.compile(r"^ +(provis_[^\n]*)", re.MULTILINE)
_FREE: dict[str, set[str]] = {"color_by": set(property_names()), "between": {"B", "C"}}
_OPEN = {"heads"}  # labels and files besides the words that are known


def _find_lines() -> list[tuple[str, str]]:
    """Where it stands, and the line."""
    lines = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        found = [block or cell for block, cell in _LINE.findall(page.read_text(encoding="utf-8"))]
        lines += [(page.name, line) for line in found if not _USAGE.search(line)]
    for script in sorted((ROOT / "docs").glob("*.pml")):
        found = re.findall(r"^provis_.*", script.read_text(encoding="utf-8"), re.MULTILINE)
        lines += [(script.name, line) for line in found]
    for command in known_commands():
        _, _, examples = write_help(command).partition("\nEXAMPLE")
        examples = re.split(r"\n[A-Z]", examples)[0]
        lines += [(f"help provis_{command.name}", line) for line in _HELP_LINE.findall(examples)]
    return lines


def _read(cmd: Any, line: str) -> tuple[Command, Any, dict[str, Any]]:
    """The command of a line with its options, by PyMOL's own parser and our reading, and what was typed."""
    from pymol import parsing

    name = line.split(maxsplit=1)[0]
    commands = {f"provis_{one.name}": one for one in known_commands()}
    assert name in commands, "there is no such command"
    function, _, _, _, mode = cmd.keyword[name]
    _, given = parsing.prepare_call(function, parsing.parse_arg(line, mode=mode, _self=cmd), mode, _self=cmd)
    given.pop("_self")
    given.pop("quiet", None)
    return commands[name], read_options(commands[name], given), given


def _check_values(command: Command, options: Any, given: dict[str, Any]) -> None:
    """Where only some words are known, those of the line are among them: ``by=site:ligand``, ``show=a+b``."""
    for argument, value in given.items():
        assert "#" not in str(value), f"{argument}={value}: to PyMOL this is no comment"
        option = command.all.get(argument)
        if option is not None and option.kind == "model":
            assert value.startswith("~") or find_entry(value)
        elif (
            option is not None
            and argument not in _OPEN
            and (known := {word.partition(":")[0] for word in option.known_values})
        ):
            known |= {"number"} if argument == "width" else set()
            words = {word.partition(":")[0] for word in re.split(r"[+,]", str(value))}
            assert words <= known | _FREE.get(argument, set()), f"{argument}={value}: unknown"


def test_there_are_lines_of_every_kind() -> None:
    places = [place for place, _ in _find_lines()]
    assert {"README.md", "heads.md", "annotations.md", "first_figure.pml", "help provis_attn"} <= set(places)
    assert len(places) > 60


@pytest.mark.parametrize(("place", "line"), _find_lines())
def test_a_line_is_understood(
    cmd: Any, commands: dict[str, Callable[..., Any]], place: str, line: str
) -> None:
    _check_values(*_read(cmd, line))


@pytest.mark.parametrize(
    "line",
    [
        "provis_attn chain A, 12, 4, colour_by=contact",
        "provis_attn chain A, twelve",
        "provis_attn chain A, 12, 4, direction=sideways",
        "provis_attn chain A, 12, 4      # and more",
        "provis_clear a, b, c, d",
        "provis_sites chain A, show=dashes+lables",
        "provis_draw chain A",
        "provis_fetch esm2_8mm",
    ],
)
def test_a_wrong_line_would_be_found(cmd: Any, commands: dict[str, Callable[..., Any]], line: str) -> None:
    with pytest.raises(Exception, match=r"unknown|needed|comment|positional|[Nn]o (such|model|argument)"):
        _check_values(*_read(cmd, line))
