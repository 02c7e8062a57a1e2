"""Paths and JSON that come from elsewhere."""

import json
import os
import re
import sys
import tracemalloc
import zlib
from pathlib import Path

import pytest

from provis_core.actions.attention_options import ExportOptions
from provis_core.actions.work.export import start_export
from provis_core.annotations.annotators._dssp import load_dssp
from provis_core.annotations.annotators._uniprot_formats import load_uniprot
from provis_core.annotations.annotators.binding_sites import load_additives
from provis_core.annotations.annotators.table import load_table
from provis_core.checkpoints.files import read_json
from provis_core.checkpoints.hub_cache import find_snapshot
from provis_core.checkpoints.pieces import read_pieces
from provis_core.checkpoints.registry import find_entry
from provis_core.checkpoints.store import add_folder
from provis_core.checkpoints.vocabulary import read_tokens
from provis_core.errors import CheckpointError, InputError, InstallError, StructureError
from provis_core.exports.saving import check_out_path
from provis_core.figures.figure_files import check_figure_path
from provis_core.inspection.saving import save_view
from provis_core.structures.files.text import load_structure_text
from provis_core.structures.given_sequences import read_given
from provis_core.system import paths
from provis_core.system.given_files import find_path, load_bytes, load_json, load_text, parse_json
from provis_core.worker.host.environment import find_worker_python
from tests.core.fakes import FakeViewer, make_chain

BAD_PATHS = ("~nosuchuser/x", "a\0b.csv", "a" * 300 + ".csv")
READERS = (
    find_path,
    find_entry,
    check_out_path,
    check_figure_path,
    lambda path: save_view(FakeViewer(), path),
    lambda path: start_export(None, ExportOptions(filename=path)),
    load_table,
    lambda text: add_folder(Path(text)),
    read_given,
    find_worker_python,
)


@pytest.mark.parametrize("path", BAD_PATHS, ids=["user", "NUL", "long"])
@pytest.mark.parametrize("reader", READERS)
def test_a_path_that_no_file_can_have_is_one_plain_line(reader, path):
    with pytest.raises((InputError, InstallError)) as caught:
        reader(path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400
    assert re.search(r"does not know|NUL|more than 255 letters", str(caught.value))


def test_home_is_understood_and_long_letters_count_in_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_path("~/x") == tmp_path / "x"
    with pytest.raises(InputError):
        find_path("ü" * 130)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" * 10**5, "nested too deeply"),
        (b"\xff\xfe{", "not UTF-8"),
        (b"[1]", "no JSON object"),
    ],
)
def test_json_that_is_none_is_a_value_error(tmp_path, content, reason):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=reason):
        load_json(path)
    with pytest.raises(CheckpointError, match="is not JSON"):
        read_json(path)


def test_provis_home_is_absolute_and_expanded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LAB", "lab")
    for named, folder in (("rel", "rel"), ("~/own", "own"), ("$HOME/$LAB", "lab")):
        monkeypatch.setenv("PROVIS_HOME", named)
        assert paths.data_dir() == tmp_path / folder / "data"
    monkeypatch.setenv("PROVIS_HOME", "rel")
    monkeypatch.chdir("/")  # the same folder from wherever the user has gone meanwhile
    assert paths.cache_dir() == tmp_path / "rel" / "cache"


def test_a_user_without_name_and_home_has_a_folder(monkeypatch):
    for name in ("HOME", "PROVIS_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", _no_home)
    assert paths.config_dir().is_absolute()
    assert os.access(paths.config_dir().parents[2], os.W_OK)


def _no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_a_data_folder_that_cannot_be_entered_holds_no_models(monkeypatch, tmp_path):
    monkeypatch.setenv("PROVIS_HOME", str(tmp_path / ("x" * 256)))
    assert not find_entry("esm2_8m").is_on_disk
    assert find_entry("provis_mini").is_on_disk


TEXT_READERS = (
    load_uniprot,
    load_table,
    read_given,
    load_structure_text,
    load_additives,
    lambda path: load_dssp(path, make_chain("ACD")),
)


def bomb(path: Path, megabytes: int) -> Path:
    """A small gzip file of a text that is large."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    unit = b"A" * 2**20
    with path.open("wb") as file:
        file.write(packer.compress(b">x\n"))
        for _ in range(megabytes):
            file.write(packer.compress(unit))
        file.write(packer.flush())
    return path


@pytest.mark.parametrize("reader", TEXT_READERS)
def test_a_device_has_no_end_and_is_not_read(reader, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in "/dev/zero", str(tmp_path / "pipe"):
        with pytest.raises((InputError, StructureError), match="is no ordinary file"):
            reader(path)


def test_what_is_packed_is_read_up_to_a_limit(tmp_path):
    path = bomb(tmp_path / "x.gz", 40)
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"holds more than 3 MB, which no file of its kind does"):
        load_bytes(path, largest=3 * 10**6)
    assert tracemalloc.get_traced_memory()[1] < 20 * 10**6
    tracemalloc.stop()
    assert len(load_bytes(path)) == 40 * 2**20 + 3
    with pytest.raises(InputError, match=r"x\.gz holds more than 16 MB") as caught:
        read_given(str(path))
    assert "\n" not in str(caught.value)
    (tmp_path / "plain").write_bytes(b"A" * 4_000_000)
    with pytest.raises(ValueError, match="holds more than 3 MB"):
        load_bytes(tmp_path / "plain", largest=3 * 10**6)


def test_files_of_a_checkpoint_are_read_up_to_a_limit(tmp_path, monkeypatch):
    """In a folder that somebody copied or fetched anything may stand."""
    (tmp_path / "tokenizer.json").write_bytes(b" " * 65_000_000)
    with pytest.raises(CheckpointError, match="holds more than 64 MB"):
        read_tokens(tmp_path)
    bomb(tmp_path / "spiece.model", 20)
    with pytest.raises(CheckpointError, match="holds more than 16 MB"):
        read_tokens(tmp_path)
    bomb(tmp_path / "vocab.txt", 20)
    with pytest.raises(CheckpointError, match="holds more than 16 MB"):
        read_tokens(tmp_path)
    reference = tmp_path / "models--lab--esm" / "refs" / "main"
    reference.parent.mkdir(parents=True)
    reference.write_text("0" * 10_000)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert find_snapshot("lab/esm", "") is None


def test_a_number_that_does_not_end_is_no_vocabulary(tmp_path):
    path = tmp_path / "spiece.model"
    path.write_bytes(b"\xff" * 1_000_000)  # read as one number it would take hours
    with pytest.raises(CheckpointError, match="a number before byte 10 has no end"):
        read_pieces(path)


def test_json_that_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(ValueError, match="more than 64 MB"):
        parse_json(b" " * 65_000_000)


def test_text_has_plain_ends_of_lines_and_no_mark(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\xff\n")
    assert load_text(path, "a text") == "a\nb\nc\ufffd\n"
    path.write_bytes(b"\x1f\x8b\x08nothing")
    with pytest.raises(InputError, match=r"x\.txt is a damaged gzip file"):
        load_text(path, "a text")
    with pytest.raises(InputError, match=r"none\.txt cannot be read"):
        load_text(tmp_path / "none.txt", "a text")


def test_a_sequence_that_is_too_long_to_be_aligned_is_refused():
    from provis_core.structures.alignment import align_to_letters

    with pytest.raises(InputError, match=r"20,000,000 letters for toy chain A of 99 residues"):
        align_to_letters(make_chain("A" * 99), "A" * 20_000_000)


def test_depth_of_json_is_told_before_python_meets_it():
    """A program that embeds Python may have raised its limit; json then ends the process."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10**6)
    try:
        with pytest.raises(ValueError, match="nested too deeply"):
            parse_json("[" * 10**5)
        with pytest.raises(ValueError, match="nested too deeply"):
            parse_json(b'{"a":' * 10**5)
    finally:
        sys.setrecursionlimit(before)
    wide = {"in strings": '["\\' * 2000, "beside": [[k] for k in range(2000)]}
    assert parse_json(json.dumps(wide)) == wide
    assert parse_json(json.dumps(wide).encode("utf-16")) == wide
