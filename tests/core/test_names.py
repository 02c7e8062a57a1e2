"""One name one thing, and nothing that nobody asks for: a look over the source of the product."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = sorted(path for room in ("provis_core", "plugin") for path in (ROOT / room).rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}

TWICE = {
    "add_commands": "each kind of command of the shell has one, asked for by cli/__init__",
    "load_model": "the front door's, which asks for the worker's side when it is called",
    "main": "of each program",
    "read_chains": "of each viewer: PyMOL and ChimeraX are never in one process",
    "read_subjects": "of each viewer: PyMOL and ChimeraX are never in one process",
    "write": "of each format of an export, found by the ending of a name",
}
"""Public names that stand in several files, with why that is one thing."""


def test_a_public_class_or_function_has_a_name_of_its_own() -> None:
    places = defaultdict(set)
    for path, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].add(path.relative_to(ROOT).as_posix())
    several = {name: sorted(files) for name, files in places.items() if len(files) > 1}
    assert several.keys() == TWICE.keys(), {k: v for k, v in several.items() if k not in TWICE}


def test_every_function_is_asked_for() -> None:
    """By the product or the documentation; methods that a base asks for (Qt's, a protocol's) are left out."""
    listed, made, words = Counter[str](), Counter[str](), Counter[str]()
    documents = [*(ROOT / "docs").iterdir(), ROOT / "README.md", ROOT / "install_plugin.py"]
    for path in [*FILES, *(path for path in documents if path.suffix in {".md", ".py"})]:
        words.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    for node in (node for tree in TREES.values() for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            made[node.name] += 1
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            listed.update(ast.literal_eval(node.value))
        if isinstance(node, ast.ClassDef) and node.bases:
            made.subtract(each.name for each in node.body if isinstance(each, ast.FunctionDef))
    left = [name for name, n in made.items() if n > 0 and words[name] <= n + listed[name]]
    assert [name for name in left if not name.startswith("__")] == []
