"""What holds for every declared command, in PyMOL, the shell and ChimeraX; a new one is picked up here."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Any

import pytest

from provis_core.actions import find_command, known_commands
from provis_core.commands.arguments import describe_arguments
from provis_core.commands.declaration import Command
from provis_core.commands.dialect import CHIMERAX, PYMOL, SHELL
from provis_core.commands.line import line
from provis_core.commands.reading import read_options
from provis_core.errors import InputError

every_command = pytest.mark.parametrize("command", known_commands(), ids=lambda one: one.name)

_VALUES = {"integer": 7, "number": 0.25, "switch": True}


def _fill(command: Command, *, every: bool) -> Any:
    """Options that differ from their defaults: all of them, or the first half."""
    names = list(command.own)
    values: dict[str, Any] = {}
    for name in names if every else names[: (len(names) + 1) // 2]:
        one = command.own[name]
        value: Any = _VALUES.get(one.kind, "chain A" if one.kind == "selection" else f"a_{name}")
        values[name] = not one.default if one.kind == "switch" else value
    if every and command.extras():
        values["given"] = {one.name: "3" for one in command.extras() if one.name not in names}
    return command.options(**values)


def _split_pymol(text: str) -> dict[int | str, str]:
    """Arguments of a line as PyMOL's parser gives them: by place, and by name."""
    given: dict[int | str, str] = {}
    for place, word in enumerate(text.partition(" ")[2].split(", ") if " " in text else ()):
        name, equals, value = word.partition("=")
        given[name if equals else place] = value if equals else word
    return given


def _split_words(text: str, command: Command) -> dict[int | str, str]:
    """Arguments of a line of ChimeraX: names are followed by their values."""
    typed = {CHIMERAX.name(name): name for name in command.all}
    words = shlex.split(text.partition(" ")[2])[1:]
    given: dict[int | str, str] = {}
    while words:
        word = words.pop(0)
        if word in typed and words:
            given[typed[word]] = words.pop(0)
        else:
            given[len(given)] = word
    return {key: value.replace("/A", "chain A") for key, value in given.items()}


def _split_shell(text: str, command: Command) -> dict[int | str, str]:
    words = shlex.split(text.removeprefix(SHELL.command(command.name)).strip())
    given: dict[int | str, str] = {}
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            given[len(given)] = word
        elif word == "--chain":
            given["selection"] = f"chain {words.pop(0)}"
        else:
            name = word[2:].replace("-", "_")
            given[name] = words.pop(0) if words and not words[0].startswith("--") else "1"
    return given


_KEPT = {"min_attn": 0.3, "top": 5, "min_sep": 6, "palette": "magma", "radius": 0.1}


@every_command
@pytest.mark.parametrize("every", [True, False])
@pytest.mark.parametrize("viewer", ["PyMOL", "shell", "ChimeraX"])
def test_a_line_reads_back(command: Command, every: bool, viewer: str) -> None:
    options = _fill(command, every=every)
    dialect = {"PyMOL": PYMOL, "shell": SHELL, "ChimeraX": CHIMERAX}[viewer]
    text = line(command, options, dialect)
    assert text.startswith(dialect.command(command.name))
    if viewer == "PyMOL":
        given = _split_pymol(text)
    else:
        given = (_split_shell if viewer == "shell" else _split_words)(text, command)
    places = list(command.own)
    by_name = {places[key] if isinstance(key, int) else key: value for key, value in given.items()}
    assert read_options(command, by_name) == options


@every_command
def test_the_defaults_make_an_empty_line(command: Command) -> None:
    assert line(command, command.options(), PYMOL) == PYMOL.command(command.name)
    assert read_options(command, {}) == command.options()


@every_command
def test_a_misspelt_argument_is_told_with_the_near_name(command: Command) -> None:
    for name in command.all:
        if len(name) < 4:
            continue
        wrong = name[:-2] + name[-1] + name[-2] if name[-1] != name[-2] else name + "s"
        if wrong in command.all:
            continue
        with pytest.raises(InputError) as caught:
            read_options(command, {wrong: "1"})
        error = caught.value
        assert f"«{command.name}» has no argument «{wrong}=1»" in error.got
        assert name in error.need
        assert "Did you mean «" in error.do
    with pytest.raises(InputError) as caught:
        read_options(command, {"zzqqxx": "1"})
    assert caught.value.got and caught.value.need and caught.value.do == "Leave out «zzqqxx=»"


@every_command
def test_what_is_no_number_or_switch_is_told(command: Command) -> None:
    for name, one in command.own.items():
        if one.kind in ("integer", "number", "switch"):
            with pytest.raises(InputError) as caught:
                read_options(command, {name: "many"})
            assert f"«{name}=many»" in caught.value.got and caught.value.need and caught.value.do


@every_command
def test_it_is_declared_whole(command: Command) -> None:
    assert command.summary and not command.summary.endswith(".")
    assert dataclasses.is_dataclass(command.options)
    assert set(command.places) <= set(command.own)
    assert set(command.see_also) <= {one.name for one in known_commands()}
    for one in command.all.values():
        assert one.help or one.kind == "selection", one.name
        assert not set(one.aliases) & set(command.own)
    fields = {one.name for one in dataclasses.fields(command.options)}
    assert bool(command.extras()) == ("given" in fields)


@every_command
def test_chimerax_is_told_every_argument_once(command: Command) -> None:
    told = describe_arguments(command)
    everything = [*told.required, *told.optional, *told.keyword]
    names = [one.name for one in everything]
    assert sorted(names) == sorted(set(command.all) - {"quiet"})
    assert len({one.typed.lower() for one in everything}) == len(names)
    assert [one.kind for one in told.required] in ([], ["selection"], ["new file", "selection"])
    if "layer" in command.bare:
        assert [one.name for one in told.optional][-2:] == ["layer", "head"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"layer": "12-4"}, (12, 4)),
        ({"head": "12-4"}, (12, 4)),
        ({"layer": "12 - 4", "head": "4"}, (12, 4)),
        ({"layer": "12", "head": "12-4"}, (12, 4)),
        ({"layer": 3, "head": "2"}, (3, 2)),
        ({"layer": "3"}, (3, None)),
    ],
)
@pytest.mark.parametrize("name", ["attn", "profile", "figure", "panel"])
def test_a_layer_and_a_head_in_one_word(name: str, given: dict[str, Any], read: tuple[int, int]) -> None:
    options = read_options(find_command(name), given)
    assert (options.layer, options.head) == read


def test_a_layer_and_a_head_that_contradict() -> None:
    with pytest.raises(InputError, match="together with «head=5»"):
        read_options(find_command("attn"), {"layer": "12-4", "head": "5"})


@pytest.mark.parametrize(
    ("name", "older", "now"),
    [
        ("heads", "radius", "distance"),
        ("heads", "ion_radius", "ion_distance"),
        ("figure", "radius", "distance"),
        ("sites", "ion_radius", "ion_distance"),
    ],
)
def test_older_names_of_a_distance_are_understood(name: str, older: str, now: str) -> None:
    command = find_command(name)
    assert read_options(command, {older: "5"}).given == {now: "5"}
    with pytest.raises(InputError, match=f"«{older}=5» together with «{now}=4»"):
        read_options(command, {now: "4", older: "5"})


def test_the_radius_of_the_cylinders_is_no_distance() -> None:
    options = read_options(find_command("attn"), {"radius": "0.2", "distance": "5"})
    assert (options.radius, options.distance) == (0.2, 5.0)


def test_preferences_are_the_defaults() -> None:
    command, kept = find_command("attn"), _KEPT
    options = read_options(command, {"top": "7", "palette": ""}, kept.__getitem__)
    assert (options.min_attn, options.top, options.palette, options.radius) == (0.3, 7, "magma", 0.1)
    assert line(command, dataclasses.replace(options, palette="blue_orange"), PYMOL, lambda _: True) == (
        "provis_attn min_attn=0.3, top=7, min_sep=6, palette=blue_orange, radius=0.1"
    )


def test_a_misspelt_older_name_leads_to_the_new_one() -> None:
    with pytest.raises(InputError, match="Did you mean «distance=3»"):
        read_options(find_command("heads"), {"raduis": "3"})
