"""Every line of the documentation that is typed in a shell is one that its program understands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import install_plugin
from provis_core.cli import make_parser

ROOT = Path(__file__).parents[2]
_PROGRAM = r"(?:provis(?= )|python3? [\w/]+\.py|python3? -m tests\.[\w.]+)"
_LINE = re.compile(rf"^    (?:\$ )?({_PROGRAM}.*)|`({_PROGRAM}[^`\n]* --[^`\n]*)`", re.MULTILINE)
_OURS = re.compile(_PROGRAM)
_JOINT = re.compile(r" +(?:&&|\|) +")  # several commands in a line
_USAGE = re.compile(r"\[|\b[A-Z]{4}")  # what stands for an argument, as in ``provis attn FILE``


def _find_lines() -> list[tuple[str, str]]:
    """The page, and a line of a block of code, or code with options in the text; without its comment."""
    lines = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        found = [block or code for block, code in _LINE.findall(page.read_text(encoding="utf-8"))]
        plain = [re.sub(r" +#.*", "", line) for line in found if not _USAGE.search(line)]
        lines += [(page.name, part) for line in plain for part in _JOINT.split(line) if _OURS.match(part)]
    return lines


def test_there_are_lines_of_every_kind() -> None:
    lines = _find_lines()
    assert len(lines) > 30
    for start in (
        "provis attn ",
        "provis models fetch ",
        "python3 install_plugin.py env --wheels ",
        "python -m tests",
    ):
        assert any(line.startswith(start) for _, line in lines)


@pytest.mark.parametrize(("page", "line"), _find_lines())
def test_a_line_is_understood(page: str, line: str) -> None:
    program, *words = shlex.split(line)
    if program == "provis":
        make_parser().parse_args(words)
        return
    if words[0] == "-m":
        assert (ROOT / words[1].replace(".", "/")).with_suffix(".py").is_file()
        return
    assert (ROOT / words[0]).is_file()
    if words[0] == "install_plugin.py":
        install_plugin.build_parser().parse_args(words[1:])


@pytest.mark.parametrize("line", ["provis atn 1.pdb", "provis attn 1.pdb --sort", "provis attn"])
def test_a_wrong_line_would_be_found(line: str) -> None:
    with pytest.raises(SystemExit):
        test_a_line_is_understood("a page", line)
