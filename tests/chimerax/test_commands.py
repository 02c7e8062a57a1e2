"""What is typed in ChimeraX, through its own parser, to the options of the commands."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin.viewers.chimerax_commands import command_names, make_description, register_command
from plugin.viewers.chimerax_help import write_page
from provis_core.actions import find_command, known_commands
from provis_core.commands.declaration import Command
from provis_core.commands.dialect import CHIMERAX
from provis_core.commands.line import line
from provis_core.errors import InputError
from provis_core.session.settings import SETTINGS
from tests.chimerax.toy import write_toy

every_command = pytest.mark.parametrize("command", known_commands(), ids=lambda one: one.name)


class Recorder:
    """An app that keeps what it is asked."""

    def __init__(self) -> None:
        self.session = self
        self.settings = {name: one.default for name, one in SETTINGS.items()}
        self.asked: list[Any] = []


@pytest.fixture
def asked(session: Any, monkeypatch: pytest.MonkeyPatch, show: Any, tmp_path: Path) -> Iterator[list[Any]]:
    """The options of what was typed; nothing is carried out. A structure of two chains is open."""
    show(write_toy(tmp_path / "toy.pdb"))
    app = Recorder()
    monkeypatch.setattr(
        "plugin.viewers.chimerax_commands.run_command",
        lambda command, app, **given: app.asked.append(_read(command, app, given)),
    )
    for name in command_names():
        register_command(name, lambda _: app, session.logger)
    yield app.asked
    from chimerax.core.commands.cli import deregister

    for name in command_names():
        deregister(name)


def _read(command: Command, app: Recorder, given: dict[str, Any]) -> Any:
    from provis_core.commands.reading import read_options

    return read_options(command, given, app.settings.__getitem__)


def type_line(session: Any, text: str) -> None:
    from chimerax.core.commands import run

    run(session, text, log=False)


@pytest.mark.parametrize(
    ("typed", "selection", "layer", "head"),
    [
        ("provis attn", "", None, None),
        ("provis attn #1/A", "#1/A", None, None),
        ("provis attn sel", "sel", None, None),
        ("provis attn 12 4", "", 12, 4),
        ("provis attn 12-4", "", 12, 4),
        ("provis attn #1/A 12 4", "#1/A", 12, 4),
        ("provis attn #1/A 12-4", "#1/A", 12, 4),
        ("provis attn layer 12", "", 12, None),
        ("provis attn #1/A layer 12 head 4", "#1/A", 12, 4),
        ("provis attn (#1/A | #1/B) & :5 1 2", "(#1/A | #1/B) & :5", 1, 2),
        ("provis attn #1/A,B 3", "#1/A,B", 3, None),
        ("provis attn protein layer 12", "protein", 12, None),
    ],
)
def test_the_selection_comes_first_and_may_be_left_out(
    session: Any, asked: list[Any], typed: str, selection: str, layer: Any, head: Any
) -> None:
    type_line(session, typed)
    (options,) = asked
    assert (options.selection, options.layer, options.head) == (selection, layer, head)
    assert options.quiet is False and options.wait is None


@pytest.mark.parametrize(
    "name", ["figure f.pdf", "sites", "heads", "profile", "contacts", "panel", "explain", "targets"]
)
def test_what_is_selected_is_taken_by_every_command_with_a_selection(
    session: Any, asked: list[Any], name: str
) -> None:
    for words in ("sel", "#1/A", ""):
        type_line(session, f"provis {name} {words}")
        assert asked[-1].selection == words


def test_why_is_asked_in_its_words(session: Any, asked: list[Any]) -> None:
    type_line(session, "provis explain #1/A V82A head 12-4 pairs true baseline mask which for sele why")
    type_line(session, "provis heads #1/A by site measure both target V82A")
    why, heads = asked
    assert (why.selection, why.target, why.head, why.pairs) == ("#1/A", "V82A", "12-4", True)
    assert (why.baseline, why.which, why.sele) == ("mask", "for", "why")
    assert (heads.by, heads.measure, heads.target) == ("site", "both", "V82A")


def test_names_with_capitals_and_shortened_words(session: Any, asked: list[Any], tmp_path: Path) -> None:
    file = tmp_path / "a site.csv"
    file.write_text("")
    type_line(
        session, f'provis attn minAttn 0.2 top 9 dir mean link true colorBy cont file "{file}" transp 0.5'
    )
    type_line(session, "provis sites by ligand color #E69F00 show color+sticks kinds ligand,ion distance 5")
    type_line(session, "provis heads #1/A site #1/A:5-9 minArcs 3")
    first, second, third = asked
    assert (first.min_attn, first.top, first.direction, first.link) == (0.2, 9, "mean", True)
    assert (first.color_by, first.file, first.transparency) == ("contact", str(file), 0.5)
    assert (second.by, second.color, second.show, second.distance) == (
        "ligand",
        "#E69F00",
        "color+sticks",
        5.0,
    )
    assert second.given == {"kinds": "ligand,ion"}
    assert (third.selection, third.site, third.min_arcs) == ("#1/A", "#1/A:5-9", 3)


@pytest.mark.parametrize(
    "typed",
    [
        "provis attn layer x",
        "provis attn #1/A colour 3",
        "provis attn minAttn many",
        "provis sites color nocolour",
    ],
)
def test_what_chimerax_does_not_understand_is_an_error_of_the_user(
    session: Any, asked: list[Any], typed: str
) -> None:
    from chimerax.core.errors import UserError

    with pytest.raises(UserError):
        type_line(session, typed)
    assert asked == []


def test_our_errors_are_those_of_the_user_in_the_words_of_chimerax(session: Any, monkeypatch: Any) -> None:
    from chimerax.core.errors import UserError

    def refuse(*_: Any, **__: Any) -> None:
        raise InputError("«min_attn=2»", "A weight is needed", "Try «attn chain A, min_attn=0.1»")

    monkeypatch.setattr("plugin.viewers.chimerax_commands.run_command", refuse)
    register_command("provis attn", lambda _: None, session.logger)
    with pytest.raises(UserError) as caught:
        type_line(session, "provis attn minAttn 2")
    assert str(caught.value) == "ProVis: minAttn 2. A weight is needed. Try provis attn /A minAttn 0.1."


@every_command
def test_every_value_of_a_set_is_itself(session: Any, command: Command) -> None:
    description = make_description(command)
    for name, one in command.all.items():
        kind = {**description._required, **description._keyword}.get(name)
        for value in one.known_values if kind is not None else ():
            if value:
                assert kind.parse(value, session)[0] == value


@every_command
def test_a_selection_without_a_name_is_first(session: Any, command: Command) -> None:
    """As an optional argument ``sel`` would be the beginning of a keyword."""
    description = make_description(command)
    assert ("selection" in command.bare) == ("selection" in description._required)


@every_command
def test_a_line_that_we_write_is_read_back(session: Any, asked: list[Any], command: Command) -> None:
    values: dict[str, Any] = {}
    for name, one in command.own.items():
        known = [value for value in one.known_values if value]
        simple = {
            "integer": 7,
            "number": 0.25,
            "selection": "#1/A:3-9",
            "colour": "orange",
            "model": "esm2_8m",
        }
        values[name] = known[-1] if known else simple.get(one.kind, f"a {name}")
        if one.kind == "switch":
            values[name] = one.default if name == "quiet" else not one.default
        elif one.kind in ("file", "new file"):
            values[name] = f"/tmp/a {name}.csv"
    options = command.options(**values)
    type_line(session, line(command, options, CHIMERAX))
    got = asked[-1]
    expected = dataclasses.asdict(options) | ({"quiet": False} if "quiet" in command.own else {})
    assert dataclasses.asdict(got) == expected


def test_usage_and_help_tell_all_arguments(session: Any) -> None:
    from chimerax.core.commands.cli import usage

    page = write_page()
    for command in known_commands():
        name = CHIMERAX.command(command.name)
        register_command(name, lambda _: None, session.logger)
        told = usage(session, name)
        assert f'<h4 id="{command.name}">{name}</h4>' in page
        for option in command.all:
            if option != "quiet":
                assert CHIMERAX.name(option) in told, option
                assert f"<b>{CHIMERAX.name(option)}</b>" in page
    assert "«" not in page and not re.search("provis_(?!mini)", page)  # but for a model of that name


def test_examples_of_the_help_can_be_typed(session: Any, asked: list[Any]) -> None:
    examples = [example for command in known_commands() for example in command.examples]
    assert len(examples) > 20
    for example in examples:
        type_line(session, CHIMERAX.render(example))
    assert len(asked) == len(examples)
    assert find_command("attn").examples
