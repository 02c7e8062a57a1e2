"""Names of commands and options in the words of each viewer, and none in a viewer's own words in the core."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import provis_core
from provis_core.commands.dialect import CHIMERAX, PYMOL, SHELL
from provis_core.errors import InputError

ROOT = Path(provis_core.__file__).parent
PANEL = ROOT.parent / "plugin" / "panel"
_COMMAND = re.compile(
    r"\bprovis_(attn|heads|contacts|sites|profile|clear|panel|figure|pairs|cancel|wait|status|models|fetch|model"
    r"|set|doctor)\b(?!\.json)"
)
_OPTION = re.compile(
    r"(?<![«\w{.-])(min_attn|top|min_sep|direction|palette|color_by|cutoff|distance|file|gaps|seqres|link|window"
    r"|by|site|layer|head|theme|what|which|metric|show|between|atom|source)=(?!=)"
)


@pytest.mark.parametrize(
    ("text", "pymol", "shell", "chimerax"),
    [
        ("Try «min_attn=0.1».", "Try min_attn=0.1.", "Try --min-attn 0.1.", "Try minAttn 0.1."),
        ("Give «file=», or not", "Give file=, or not", "Give --file, or not", "Give file, or not"),
        ("Use «link=1»", "Use link=1", "Use --link", "Use link 1"),
        ("Run «doctor»", "Run provis_doctor", "Run provis doctor", "Run provis doctor"),
        (
            "«fetch esm2_8m, stop=1»",
            "provis_fetch esm2_8m, stop=1",
            "provis models fetch esm2_8m --stop 1",
            "provis fetch esm2_8m stop 1",
        ),
        (
            "«attn chain A+B, link=1»",
            "provis_attn chain A+B, link=1",
            "provis attn --chain A,B --link",
            "provis attn /A,B link 1",
        ),
        (
            "To stop it: «cancel»",
            "To stop it: provis_cancel",
            "To stop it: Ctrl-C",
            "To stop it: provis cancel",
        ),
        ("nothing = here, a=b «", "nothing = here, a=b «", "nothing = here, a=b «", "nothing = here, a=b «"),
    ],
)
def test_marks_in_the_words_of_each(text: str, pymol: str, shell: str, chimerax: str) -> None:
    assert (PYMOL.render(text), SHELL.render(text), CHIMERAX.render(text)) == (pymol, shell, chimerax)


def test_an_error_keeps_its_marks_until_it_is_shown() -> None:
    error = InputError("«top=-1»", "A number is needed", "Try «top=200»")
    assert PYMOL.render(f"toy was left out: {error}") == (
        "toy was left out: top=-1. A number is needed. Try top=200."
    )


def test_a_value_with_a_comma_is_one_argument() -> None:
    assert PYMOL.line("pairs", [("", "a,b.csv")]) == 'provis_pairs "a,b.csv"'
    assert SHELL.line("sites", [("kinds", "ion,chain"), ("file", "my file.csv")]) == (
        "provis sites --kinds ion,chain --file 'my file.csv'"
    )


def test_what_the_program_itself_is_told() -> None:
    orange = (1.0, 0.5, 0.0)
    assert PYMOL.selection("ends", "/1hpv//A/25") == "select ends, /1hpv//A/25"
    assert CHIMERAX.selection("ends", "#1/A:25") == "name ends #1/A:25"
    assert PYMOL.coloring("ends", orange) == "color 0xff8000, ends"
    assert CHIMERAX.coloring("ends", orange) == "color ends #ff8000"
    assert PYMOL.deselection(["one", "two"]) == "delete one two"
    assert CHIMERAX.deselection(["one", "two"]) == "name delete one; name delete two"


def _messages(path: Path) -> list[tuple[int, str]]:
    """Line and text of every string of a file that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            told.add(id(node.value))
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]


def test_no_message_of_the_core_holds_the_syntax_of_a_viewer() -> None:
    stray = [
        f"{path}:{line}: {text!r}"
        for path in (*ROOT.rglob("*.py"), *PANEL.rglob("*.py"))
        if path.parent.name not in ("training", "cli", "commands")
        and path.name != "dock.py"  # its name in Qt
        for line, text in _messages(path)
        if _COMMAND.search(bare := re.sub("«[^«»]*»", "", text)) or _OPTION.search(bare)
    ]
    assert stray == []
