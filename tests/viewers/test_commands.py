"""The declared commands in PyMOL 3.2 and 2.5: names, help, completion, and what is misspelt."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provis_core.actions import known_commands

from .programs import ROOT, in_both

every_command = pytest.mark.parametrize("command", known_commands(), ids=lambda one: one.name)

SCRIPT = """\
import sys
from pymol import cmd
sys.path.insert(0, {root!r})
from plugin.entry import app
for line in {lines!r}:
    print("TYPED", line)
    cmd.do(line)
for text in {texts!r}:
    print("COMPLETED", cmd._parser.complete(text))
app.close()
"""


def test_every_command_of_pymol_is_declared(cmd: Any, commands: dict[str, Any]) -> None:
    typed = {name for name in cmd.keyword if name.startswith("provis_")}
    assert set(commands) == {f"provis_{one.name}" for one in known_commands()}
    assert typed - set(commands) == {f"provis_{older}" for one in known_commands() for older in one.aliases}
    assert set(commands) < typed


@every_command
def test_help_names_every_option(commands: dict[str, Any], command: Any) -> None:
    text = commands[f"provis_{command.name}"].__doc__
    assert text.startswith("DESCRIPTION\n") and "«" not in text and max(map(len, text.splitlines())) <= 79
    for name in command.all:
        assert f"\n    {name} = " in text
    for alias in (alias for one in command.all.values() for alias in one.aliases):
        assert f"\n    {alias} = " not in text or alias in command.own


@every_command
def test_pymol_reads_the_names_of_all_options_that_have_a_place(
    commands: dict[str, Any], command: Any
) -> None:
    function = commands[f"provis_{command.name}"]
    names = list(inspect.signature(function).parameters)
    assert names == list(command.own)
    assert function.__code__.co_varnames[: function.__code__.co_argcount] == tuple(names)
    assert len(function.__defaults__ or ()) == len(names)


@every_command
def test_completion_offers_every_option_in_every_place(
    cmd: Any, commands: dict[str, Any], command: Any
) -> None:
    name = f"provis_{command.name}"
    for place in range(len(command.own)):
        shortcut, _, _ = cmd.auto_arg[place][name]
        offered = set(shortcut().keywords)
        assert {f"{one}=" for one in command.all} <= offered


@in_both
def test_misspelt_options_and_completion_in_each_pymol(
    run_script: Callable[..., str], tmp_path: Path, program: str
) -> None:
    lines = [
        "provis_attn chain A, min_atn=0.2",
        "provis_heads raduis=3",
        "provis_figure a.png, colour=red",
        "provis_sites additve=none",
        "provis_attn layer=12, all, 4",
        "provis_clear a, b, c, d",
        "provis_profile 12-4, 12-4, 5",
        "provis_sites x, site=y, kinds=ion",
    ]
    texts = [
        "provis_set mi",
        "provis_heads x, kin",
        "provis_figure a, b, 1, 2, m, all, sing",
        "provis_attn x, 1, 2, direc",
    ]
    script = tmp_path / "typed.py"
    script.write_text(SCRIPT.format(root=str(ROOT), lines=lines, texts=texts))
    text = run_script(program, script)
    for said in (
        "provis_attn has no argument min_atn=0.2. It understands selection, layer, head, ",
        "Did you mean min_attn=0.2?",
        "provis_heads has no argument raduis=3.",
        "Did you mean distance=3?",
        "provis_figure has no argument colour=red.",
        "Did you mean additives=none?",
        "layer=all. A whole number is needed for layer. For example: layer=12.",
        "too many positional arguments for provis_clear",
        "layer=12-4 together with head=5. 12-4 is layer 12 and head 4. Leave out head=.",
        "site=y together with kinds=ion.",
    ):
        assert said in text
    completed = [
        line.removeprefix("COMPLETED ") for line in text.splitlines() if line.startswith("COMPLETED ")
    ]
    assert completed == [
        "provis_set min_",
        "provis_heads x, kinds=",
        "provis_figure a, b, 1, 2, m, all, single",
        "provis_attn x, 1, 2, direction=",
    ]
