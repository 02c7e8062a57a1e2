"""The flags of the program are those of the declared commands, and a line of them reads back."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Any

import pytest

from provis_core.actions import find_command, known_commands
from provis_core.cli import attention, heads, make_parser
from provis_core.cli.arguments import read_typed
from provis_core.commands.dialect import SHELL
from provis_core.commands.line import line
from provis_core.commands.reading import read_options

_VALUES = {"integer": 7, "number": 0.25, "switch": True}


@pytest.mark.parametrize(("name", "names"), [("attn", attention._NAMES), ("heads", heads._names())])
def test_a_line_for_the_shell_reads_back(name: str, names: tuple[str, ...]) -> None:
    command = find_command(name)
    own = {one: _VALUES.get(command.own[one].kind, f"a_{one}") for one in names if one in command.own}
    given = {one: "1" for one in names if one not in command.own}
    options = command.options(**own, **({"given": given} if given else {}))
    words = shlex.split(line(command, options, SHELL))
    assert words[0] == "provis"
    asked = make_parser().parse_args([words[1], "x.pdb", *words[2:]])
    assert read_options(command, read_typed(asked, names)) == options


@pytest.mark.parametrize("name", ["attn", "heads"])
def test_a_layer_and_a_head_in_one_word_and_older_names(name: str) -> None:
    command, names = find_command(name), attention._NAMES if name == "attn" else heads._names()
    typed = ["--layer", "12-4"] if name == "attn" else ["--ion-radius", "3", "--option", "radius=5"]
    read: Any = read_options(command, read_typed(make_parser().parse_args([name, "x.pdb", *typed]), names))
    if name == "attn":
        assert (read.layer, read.head) == (12, 4)
    else:
        assert read.given == {"ion_distance": "3", "distance": "5"}


def test_a_misspelt_flag_is_told_with_the_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        make_parser().parse_args(["attn", "x.pdb", "--min-atn", "0.2"])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("provis attn: --min-atn is not understood. One of --help, --chain, ")
    assert "Did you mean --min-attn? To see how it is used: provis attn --help" in said


def test_what_is_a_switch_in_the_shell_is_one_everywhere() -> None:
    switches = {
        one.name for command in known_commands() for one in command.all.values() if one.kind == "switch"
    }
    in_tables = {name for name in (*attention._NAMES, *heads._names()) if name in switches}
    assert in_tables <= SHELL._SWITCHES  # type: ignore[attr-defined]


def test_older_names_are_not_shown() -> None:
    for command in known_commands():
        shown = {field.name for field in dataclasses.fields(command.options)}
        assert not shown & {alias for one in command.all.values() for alias in one.aliases} - {"radius"}
