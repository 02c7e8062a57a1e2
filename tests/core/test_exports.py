"""What a table is written as: found by the ending of the name, one file per format."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from provis_core.actions import known_commands
from provis_core.cli import make_parser
from provis_core.errors import InputError
from provis_core.exports import formats
from provis_core.exports.saving import check_out_path, known_suffixes, save_table, write_table
from provis_core.exports.tables import Table

TABLES = (".csv", ".tsv", ".json", ".npz")
TABLE = Table(
    ("name", "count", "share", "is_good"),
    [("a, b", 1, 0.25, True), (None, None, float("nan"), None), ("é", 3, 1e-12, False)],
    {"model": "toy"},
)


def test_each_format_holds_the_table(tmp_path):
    assert {*TABLES} < {*known_suffixes()}
    paths = {suffix: save_table(tmp_path / f"t{suffix}", TABLE) for suffix in TABLES}
    for suffix, delimiter in ((".csv", ","), (".tsv", "\t")):
        with paths[suffix].open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter=delimiter))
        assert rows == [list(TABLE.columns), ["a, b", "1", "0.25", "1"], [""] * 4, ["é", "3", "1e-12", "0"]]
    document = json.loads(paths[".json"].read_text(encoding="utf-8"))
    assert document["model"] == "toy"
    assert document["rows"][1] == dict.fromkeys(TABLE.columns)
    assert list(document["rows"][0].values()) == ["a, b", 1, 0.25, True]
    with np.load(paths[".npz"]) as arrays:
        assert arrays["name"].tolist() == ["a, b", "", "é"]
        np.testing.assert_array_equal(arrays["count"], [1, np.nan, 3])
        np.testing.assert_array_equal(arrays["share"], [0.25, np.nan, 1e-12])


def test_arrays_of_its_own_are_written_in_place_of_the_columns(tmp_path):
    path = save_table(tmp_path / "t.npz", Table((), [], arrays={"weights": np.eye(3, dtype=np.float32)}))
    with np.load(path) as arrays:
        assert list(arrays) == ["weights"]
        assert arrays["weights"].dtype == np.float32
    with pytest.raises(TypeError, match="pickle"):
        save_table(path, Table((), [], arrays={"weights": np.array([object()])}))
    assert np.load(path)["weights"].shape == (3, 3)  # as it was


def test_a_file_that_is_there_is_replaced_with_a_word_or_not_at_all(tmp_path):
    path = tmp_path / "t.csv"
    assert write_table(path, TABLE) == f"written to {path}"
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"is there already.*Give another name"):
        check_out_path(path, overwrite=False)
    assert check_out_path(tmp_path / "other.csv", overwrite=False) == tmp_path / "other.csv"
    assert write_table(path, TABLE) == f"written to {path}, in place of the file that was there"
    assert path.read_bytes() == before


def test_every_command_that_writes_a_file_can_refuse_to_replace_one():
    commands = known_commands()
    commands = list(commands.values()) if isinstance(commands, dict) else list(commands)
    writing = {
        command.name for command in commands if any(one.kind == "new file" for one in command.own.values())
    }
    assert writing >= {"figure", "heads", "export"}
    for command in commands:
        assert ("overwrite" in command.own) == (command.name in writing), command.name
    for parser in make_parser()._subparsers._group_actions[0].choices.values():
        flags = {flag for action in parser._actions for flag in action.option_strings}
        assert ("--overwrite" in flags) == ("--out" in flags and "-o" not in flags), parser.prog


def test_a_new_file_is_a_new_format(tmp_path, monkeypatch):
    (tmp_path / "shouting.py").write_text(
        "SUFFIXES = ('.loud',)\n"
        "def write(file, suffix, table):\n"
        "    file.write(' '.join(table.columns).upper().encode())\n"
    )
    with pytest.raises(InputError, match=r"ends in \.csv, .*\.html is needed"):
        check_out_path(tmp_path / "t.loud")
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    formats.known_formats.cache_clear()
    try:
        assert save_table(tmp_path / "t.LOUD", TABLE).read_text() == "NAME COUNT SHARE IS_GOOD"
    finally:
        monkeypatch.undo()
        formats.known_formats.cache_clear()
