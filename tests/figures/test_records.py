"""What a saved figure says of itself: read by us and by others, damaged, and written again by others."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.errors import InputError
from provis_core.exports.captions import list_references, make_caption_text
from provis_core.exports.comparing import compare_records
from provis_core.exports.record import (
    RECORD_KEY,
    MadeChain,
    MadeModel,
    Record,
    find_record,
    load_record,
    record_text,
)
from provis_core.exports.recording import add_weights
from provis_core.figures import FORMATS, save_figure
from provis_core.structures.files.chains import read_structure
from provis_core.system.paths import resources_dir

from .views import make_grid, make_view

pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")

RECORD = Record(
    kind="figure",
    title="1HPV chain A, prot_bert head 30-14",
    caption="1HPV chain A (99 residues). Å ≥ (b).",
    commands=("provis_figure a.pdf, 1hpv and chain A",),
    options={"dpi": 600, "rows": "", "link": False},
    model=MadeModel(
        "prot_bert", "prot_bert", "Rostlab/prot_bert", "3d05bf", citation="doi 10.1109/TPAMI.2021.3095381"
    ),
    head="30-14",
    chains=(MadeChain("1hpv", "A", entry="1HPV", n_residues=99, sequence="ab"),),
    versions={"provis": "1.2"},
)


def test_a_record_comes_back_from_any_bytes() -> None:
    text = record_text(RECORD)
    assert text.isascii() and text.isalnum()
    assert find_record(b"\x00\xff %PDF" + text.encode() + b") \x00") == RECORD
    assert find_record(b"nothing of ours") is None
    later = dataclasses.replace(RECORD, kind="other")
    values = later.to_values() | {"something new": 3}
    assert Record.from_values(values) == later


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[:-20], "damaged"),
        (lambda text: text[:40] + ("A" if text[40] != "A" else "B") + text[41:], "damaged"),
    ],
)
def test_a_damaged_record_is_told(change, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        find_record(change(record_text(RECORD)).encode())
    path = tmp_path / "a.pdf"
    path.write_text(change(record_text(RECORD)))
    with pytest.raises(InputError):
        load_record(path)


def test_a_record_of_a_later_version_and_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="later version"):
        Record.from_values(RECORD.to_values() | {"format": 99})
    path = tmp_path / "plain.png"
    path.write_bytes(b"\x89PNG")
    with pytest.raises(InputError, match="no record of ProVis"):
        load_record(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_record(tmp_path / "none.png")


def test_a_table_has_it_as_plain_values() -> None:
    table = {"record": RECORD.to_values(), "rows": []}
    assert find_record(b"\n" + json.dumps(table, indent=1).encode()) == RECORD
    for text in (b"{}", b'{"record": null}', b"{ no JSON", b'{"rows": [{"record": 3}]}'):
        assert find_record(text) is None
    for wrong in ({"format": 99}, 3, [], {"title": "x" * 5_000_000}):
        with pytest.raises(ValueError, match="record"):
            find_record(json.dumps({"record": wrong}).encode())


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_of_numpy_carry_it(save: Any, tmp_path: Path) -> None:
    save(tmp_path / "a.npz", weights=np.arange(10_000.0), record=record_text(RECORD))
    assert load_record(tmp_path / "a.npz") == RECORD
    data = (tmp_path / "a.npz").read_bytes()
    assert find_record(data[: len(data) // 2]) is None  # damaged
    assert find_record(b"PK") is None


def test_what_is_unpacked_is_bounded() -> None:
    """Of a PDF no more is unpacked than those of ours have, whatever the number of its streams."""
    bomb = b"stream\n" + zlib.compress(bytes(20_000_000), 9) + b"\nendstream\n"
    packed = b"stream\r\n" + zlib.compress(record_text(RECORD).encode()) + b"\r\nendstream"
    assert find_record(b"%PDF stream\nno packed one endstream" + 2 * bomb + packed) == RECORD
    assert find_record(b"%PDF " + 40 * bomb + packed) is None
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as zipped:
        for k in range(15):
            zipped.writestr(f"{k}.npy", b"x" * 20_000_000, compresslevel=1)
        last = b"x" * 20_000_001 + record_text(RECORD).encode()
        zipped.writestr("record.npy", last, compresslevel=1)
    assert find_record(file.getvalue()) is None  # the last one, and behind all that is unpacked
    large = zlib.compress(json.dumps(RECORD.to_values() | {"more": "x" * 5_000_000}).encode(), 9)
    word = b"provisrecord" + base64.b32encode(large).rstrip(b"=") + b"end"
    with pytest.raises(ValueError, match="more than 4 MB"):
        find_record(word)


@pytest.mark.parametrize("suffix", FORMATS)
def test_each_format_carries_it(tmp_path: Path, suffix: str) -> None:
    folder = resources_dir() / "provis_mini"
    path = save_figure(
        tmp_path / f"a{suffix}", [make_grid(), make_view(30)], dpi=60, record=RECORD, model_folder=folder
    )
    found = load_record(path)
    assert found.model.weights == add_weights(RECORD, folder).model.weights
    assert found.caption.startswith(RECORD.caption + " (a) ")
    assert found.numbers.keys() == {"a", "b"} and "matplotlib" in found.versions
    same = {"title", "commands", "options", "head", "chains"}
    assert all(getattr(found, name) == getattr(RECORD, name) for name in same)


def test_everything_that_differs_is_said() -> None:
    chain = dataclasses.replace(RECORD.chains[0], residues="r", coordinates="c")
    old = dataclasses.replace(RECORD, chains=(chain,), numbers={"a": {"sum": 1.5, "site": "0" * 64}})
    assert compare_records(old, old) == []
    other = dataclasses.replace(chain, coordinates="d", sequence="cd", entry="")
    new = dataclasses.replace(
        old,
        chains=(other, chain),
        model=dataclasses.replace(RECORD.model, revision="", weights={"w": "f" * 64}),
        head="1-1",
        options={"dpi": 300, "rows": "", "new": 1},
        versions={"provis": "1.3"},
        numbers={"a": {"sum": 2.5, "site": "1" * 64}},
        caption="1HPV chain A (99 residues). Å ≥ (c).",
    )
    assert compare_records(old, new) == [
        "structure: 1hpv chain A: entry unknown, not 1HPV; other coordinates; "
        "another sequence was read by the model",
        "structure: also 1hpv chain A now",
        "model: revision unknown now, 3d05bf in the file",
        "model: SHA-256 of w ffffffffffff… now, none in the file",
        "head: 1-1 now, 30-14 in the file",
        "dpi: 300 now, 600 in the file",
        "link: none now, False in the file",
        "new: 1 now, none in the file",
        "version of provis: 1.3 now, 1.2 in the file",
        "numbers of a: sum: 2.5 now, 1.5 in the file",
        "numbers of a: site: others than in the file",
        "caption: Å ≥ (c). now, Å ≥ (b). in the file",
    ]
    many = dataclasses.replace(old, options={f"o{k}": k for k in range(100)})
    assert len(compare_records(old, many)) == 41
    odd = dataclasses.replace(old, head="\x1b[31m«attn»\n" + "x" * 10_000)
    (line,) = compare_records(odd, old)
    assert line.isprintable() and "«" not in line and len(line) < 150


def test_other_programs_read_title_caption_and_record(tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    etree = pytest.importorskip("lxml.etree")
    from PIL import Image

    pdf, svg, png = (
        save_figure(tmp_path / f"a{suffix}", make_view(20), dpi=60, record=RECORD)
        for suffix in (".pdf", ".svg", ".png")
    )
    reader = pypdf.PdfReader(pdf)
    assert reader.metadata["/Title"] == RECORD.title
    assert reader.metadata["/Subject"].startswith("1HPV chain A (99 residues). Å ≥ (b).")
    assert find_record(reader.metadata[f"/{RECORD_KEY}"].encode()).head == "30-14"
    with Image.open(png) as image:
        assert image.info["Title"] == RECORD.title and "Å ≥" in image.info["Description"]
        assert find_record(image.info[RECORD_KEY].encode()).head == "30-14"
    root = etree.parse(str(svg)).getroot()
    (record,) = root.iter("{urn:provis:record}record")
    assert find_record(record.text.encode()).head == "30-14"
    # a PDF that another program has packed
    writer = pypdf.PdfWriter(clone_from=reader)
    stored = io.BytesIO()
    writer.write(stored)
    assert find_record(stored.getvalue()).head == "30-14"


def test_the_caption_file_cites_the_model_provis_and_the_source_of_the_data(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    folder = resources_dir() / "provis_mini"
    save_figure(tmp_path / "a.svg", make_view(20), record=RECORD, model_folder=folder, caption_file=path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith(RECORD.title + "\n\n" + RECORD.caption)
    assert "revision 3d05bf" in text and "[elnaggar2021prottrans]" in text and "SHA-256" in text
    assert "@article{elnaggar2021prottrans," in text and "10.2210/pdb1hpv/pdb" in text
    own = dataclasses.replace(RECORD, model=MadeModel("mine", citation="Me 2030"), chains=())
    assert [entry.partition("{")[2].partition(",")[0] for entry in list_references(own)] == [
        "mine", "provis", "vig2021bertology",
    ]  # fmt: skip
    predicted = dataclasses.replace(RECORD, chains=(MadeChain("x", "A", entry="AF-P69905-F1"),))
    assert any("varadi2022afdb" in entry for entry in list_references(predicted))
    assert "PDB" not in make_caption_text(dataclasses.replace(RECORD, chains=())).partition("References")[0]


def test_every_registered_citation_has_its_bibtex() -> None:
    from provis_core.checkpoints.registry import list_registry

    for entry in list_registry():
        if entry.citation and not entry.is_bundled:
            first = list_references(Record("figure", model=MadeModel(entry.name, citation=entry.citation)))[0]
            assert not first.startswith(f"@misc{{{entry.name},"), entry.name


PDB = "{header}\nATOM      1  CA  ALA A   1       0.000   0.000   0.000  1.00  0.00           C\nEND\n"


@pytest.mark.parametrize(
    ("header", "entry"),
    [
        ("HEADER    HYDROLASE                               25-MAY-95   1HPV              ", "1HPV"),
        ("HEADER    MY OWN MODEL                                        MINE              ", ""),
        ("HEADER    FIRST", ""),
        ("REMARK 1", ""),
    ],
)
def test_the_entry_of_a_pdb_file_is_read(tmp_path: Path, header: str, entry: str) -> None:
    path = tmp_path / "a.pdb"
    path.write_text(PDB.format(header=header))
    assert read_structure(path).records.entry == entry
