"""Pictures and report of a survey show what the tables say, which the test writes."""

from __future__ import annotations

import base64
import csv
import json
import re
from html import unescape

import numpy as np
import pytest

from provis_core.errors import InputError
from provis_core.structures.components import AMINO_ACIDS
from provis_core.survey.pictures import PICTURES, draw_pictures
from provis_core.survey.reading import SurveyFolder
from provis_core.survey.report import write_report

pytest.importorskip("matplotlib", reason="matplotlib is not installed")

N_LAYERS, N_HEADS = 3, 5
SWITCHES = ("is_few", "is_sink", "survives")
NUMBERS = (
    "arcs", "share", "share_low", "share_high", "background", "all_share", "shift_p_max",
)  # fmt: skip


def write_table(path, columns, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path):
    """Head 2-3 is best for contacts; 3-5 would be, but feeds a sink; 1-1 has few arcs."""
    generator = np.random.default_rng(0)
    features = ["contact", "binding_site", *(f"aa_{letter}" for letter in AMINO_ACIDS)]
    rows = []
    for feature in features:
        for layer in range(1, N_LAYERS + 1):
            for head in range(1, N_HEADS + 1):
                share = float(generator.uniform(0, 0.2))
                share = {(2, 3): 0.3, (3, 5): 0.9, (1, 1): 0.8}.get((layer, head), share)
                switches = ((layer, head) == (1, 1), (layer, head) == (3, 5), (layer, head) == (2, 3))
                rows.append(
                    (
                        feature,
                        layer,
                        head,
                        500,
                        share,
                        share / 2,
                        share + 0.05,
                        0.02,
                        share / 3,
                        0.01,
                        *switches,
                    )
                )
    write_table(tmp_path / "heads.csv", ("feature", "layer", "head", *NUMBERS, *SWITCHES), rows)
    layers = [
        (f, k, N_HEADS, 0.1 * k, 0.1, 2.4 if f == "contact" else 1.5) for f in features for k in (1, 2, 3)
    ]
    write_table(
        tmp_path / "layers.csv",
        ("feature", "layer", "heads", "mean_share", "weighted_share", "centre"),
        layers,
    )
    pairs = [(a, b, 0.1, -1) for i, a in enumerate(AMINO_ACIDS) for b in list(AMINO_ACIDS)[i + 1 :]]
    write_table(tmp_path / "amino_acids.csv", ("first", "second", "correlation", "blosum62"), pairs)
    write_table(tmp_path / "left_out.csv", ("name", "source", "reason"), [("a<b", "x.pdb", "It is <all> X.")])
    write_table(tmp_path / "proteins.csv", ("protein", "feature", "missing"), [("p", "ptm", "no records")])
    about = {
        "n_layers": N_LAYERS,
        "n_heads": N_HEADS,
        "model": {"name": "tape_bert", "family": "BERT", "fingerprint": "f00", "dtype": "float32"},
        "protocol": {
            "min_attn": 0.3, "max_tokens": 512, "max_residues": 0, "min_arcs": 100, "n_shifts": 99,
            "denominator": "all",
        },
        "inputs": [{"path": "/somewhere/set.jsonl", "sha256": "abc", "bytes": 12}],
        "about": {"command": "provis survey set.jsonl -o out", "provis": "0.1.0"},
        "proteins": 7,
        "distinct": 6,
        "cut": 2,
        "left_out": 1,
        "amino_acids": {"pearson": 0.25},
    }  # fmt: skip
    (tmp_path / "report.json").write_text(json.dumps(about))
    return tmp_path


def test_tables_are_read_back(folder):
    survey = SurveyFolder(folder)
    one = survey.features["contact"]
    assert one.columns["share"].shape == (N_LAYERS, N_HEADS) and one.columns["share"][1, 2] == 0.3
    assert [head.label for head in one.top(1)] == ["2-3"] and len(one.top(99)) == N_LAYERS * N_HEADS - 2
    assert one.background == 0.02
    means, centre = survey.layers("contact")
    np.testing.assert_allclose(means, [0.1, 0.2, 0.3])
    assert centre == 2.4
    alike, blosum = survey.similarity()
    assert alike[0, 0] == 1 and alike[0, 1] == alike[1, 0] == 0.1 and blosum[3, 2] == -1
    assert survey.left_out() == [("a<b", "It is <all> X.")] and survey.missing() == {"ptm": 1}


def test_every_picture_of_the_paper_is_drawn(folder):
    written = draw_pictures(SurveyFolder(folder))
    assert list(written) == list(PICTURES)
    words = {name: set(re.findall(r">([^<>\n]+)</text>", path.read_text())) for name, path in written.items()}
    assert {"2-3", "Contacts", "Binding sites"} <= words["top_heads"] and "1-1" not in words["top_heads"]
    assert {"Contacts", "Layer"} <= words["layers"]
    assert {f"{letter}  30 %" for letter in "AY"} <= {unescape(word) for word in words["amino_acids"]} or {
        f"{letter}  10 %" for letter in "AY"
    } <= words["amino_acids"]
    assert {"BLOSUM62", "W"} <= words["similarity"]
    (folder / "amino_acids.csv").unlink()
    assert list(draw_pictures(SurveyFolder(folder))) == [name for name in PICTURES if name != "similarity"]


def test_the_report_is_one_file_with_everything(folder):
    page = write_report(folder, "placeholder: a toy").read_text()
    images = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert len(images) == len(PICTURES) and all(b"<svg" in base64.b64decode(one) for one in images)
    assert not re.search(r'(src|href)="(?!data:)', page)
    text = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<(style)>.*?</\1>", "", page, flags=re.DOTALL)))
    assert "placeholder: a toy" in text and "7 proteins (6 clusters that count once)" in text
    assert re.search(r"Contacts\s+2-3\s+500\s+30\.0\s+15\.0 to 35\.0\s+2\.0\s+0\.01", text)
    assert re.search(r"Contacts\s+12-4\s+44\.7\s+1\.27\s+not there", text)  # the toy has three layers
    assert "cut to 512 tokens (2 were longer)" in text and "all arcs, as in the paper" in text
    assert "It is <all> X." in text and "<all>" not in page
    assert "provis survey set.jsonl -o out" in text and "abc" in text


def test_a_folder_without_tables_is_told(tmp_path):
    with pytest.raises(InputError, match="has no tables of a survey"):
        write_report(tmp_path)
