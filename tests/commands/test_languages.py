"""Every message of the core, in the words of each program: none has a word of another one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import provis_core
from provis_core.actions import known_commands
from provis_core.commands.dialect import CHIMERAX, PYMOL, SHELL, Dialect

ROOT = Path(provis_core.__file__).parent
PANEL = ROOT.parent / "plugin" / "panel"
_APART = ("training", "cli", "commands", "__pycache__")  # the shell's own words, and the dialects themselves

# what is said of `provis models add`, which the shell alone has
_OF_THE_SHELL = tuple(
    f"{name}.py"
    for name in (
        *("checkpoints/readouts", "checkpoints/store", "checkpoints/labels", "checkpoints/catalogue"),
        "models/conversion",
    )
)

_NAMES = "|".join(one.name for one in known_commands())
_OPTIONS = sorted({name for command in known_commands() for name in command.all if len(name) > 2})
_SPLIT = [name for name in _OPTIONS if "_" in name]

_UNDERSCORED = re.compile(rf"\bprovis_({_NAMES})\b")
_EQUALS = re.compile(rf"(?<![\w<{{./-])({'|'.join(_OPTIONS)})=(?!=)")
_FLAG = re.compile(rf"--({'|'.join(name.replace('_', '-') for name in _OPTIONS)})\b")
_CAPITALS = re.compile(rf"\b({'|'.join(CHIMERAX.name(name) for name in _SPLIT)})\b")
_PYMOLS = re.compile(r"PyMOL|\benabled\b|(?<!\.)\bpml\b|\bcount_atoms\b|\bset state\b")
_CHIMERAXS = re.compile(r"ChimeraX|\batom-?spec\b|\bspecifier")

LANGUAGES = {
    "PyMOL": (PYMOL, (_FLAG, _CAPITALS, _CHIMERAXS)),
    "shell": (SHELL, (_UNDERSCORED, _EQUALS, _CAPITALS, _PYMOLS, _CHIMERAXS)),
    "ChimeraX": (CHIMERAX, (_UNDERSCORED, _EQUALS, _FLAG, _PYMOLS)),
}


def _texts(path: Path) -> list[str]:
    """Texts of a file that are no docstrings; what is put into one stands as ``7``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [one.value if isinstance(one, ast.Constant) else "7" for one in node.values]
            found.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and id(node) not in docstrings | inside:
            found += [node.value] if isinstance(node.value, str) else []
    return [text for text in found if " " in text]  # one word alone is a name, not a message


@pytest.fixture(scope="module")
def messages() -> list[tuple[str, str]]:
    paths = [path for path in (*ROOT.rglob("*.py"), *PANEL.rglob("*.py")) if path.parent.name not in _APART]
    apart = {ROOT / name for name in _OF_THE_SHELL}
    assert all(path.is_file() for path in apart)
    known = [path for path in paths if path not in apart]
    return [(str(path.relative_to(ROOT.parent)), text) for path in known for text in _texts(path)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_has_a_word_of_another_language(messages: list[tuple[str, str]], language: str) -> None:
    dialect, foreign = LANGUAGES[language]
    assert len(messages) > 800
    stray = [
        f"{path}: {found[0]!r} in {shown!r}"
        for path, text in messages
        for shown in [dialect.render(text)]
        for pattern in foreign
        if (found := pattern.search(shown))
    ]
    assert stray == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_helps_and_examples(language: str) -> None:
    dialect: Dialect = LANGUAGES[language][0]
    for command in known_commands():
        options = [text for one in command.all.values() for text in (one.help, one.default_text)]
        for text in (command.summary, command.about, command.notes, *command.examples, *options):
            shown = dialect.render(text)
            for pattern in LANGUAGES[language][1]:
                assert not pattern.search(shown), shown
