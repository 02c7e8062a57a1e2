"""Pictures and report of a survey show what the tables say, which the test writes."""

from __future__ import annotations

import base64
import csv
import json
import re
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

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
    "arcs", "share", "share_low", "share_high", "background", "all_share", "shift_expected", "shift_p_max",
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
                        0.04,
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
    assert [head.label for head in one.survivors] == ["2-3"]
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
    assert re.search(r"Contacts\s+2-3\s+yes\s+500\s+30\.0\s+15\.0 to 35\.0\s+2\.0\s+4\.0\s+0\.01", text)
    assert "of those tested: Contacts 1 of 13, Binding sites 1 of 13" in text
    assert re.search(r"Contacts\s+12-4\s+44\.7\s+1\.27\s+not there", text)  # the toy has three layers
    assert "cut to 512 tokens (2 were longer)" in text and "all arcs, as in the paper" in text
    assert "It is <all> X." in text and "<all>" not in page
    assert "provis survey set.jsonl -o out" in text and "abc" in text


class Page(HTMLParser):
    """What a browser would fetch, and whether each tag is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        self.fetched += [value for name, value in attributes if name in ADDRESSES and value]
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


ADDRESSES = ("src", "href", "srcset", "data", "poster", "action", "background", "xlink:href")


def test_the_report_asks_for_nothing_from_outside(folder):
    text = write_report(folder).read_text()
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == [] and {"table", "figure", "details"} <= page.seen
    assert not page.seen & {"script", "link", "iframe", "object", "embed", "base"}
    assert "url(" not in text and "@import" not in text
    assert len(page.fetched) == len(PICTURES)
    for address in page.fetched:
        kind, _, content = address.partition(",")
        assert kind == "data:image/svg+xml;base64"
        for one in ElementTree.fromstring(base64.b64decode(content)).iter():
            assert not one.tag.endswith("script")
            for name, value in one.attrib.items():
                if name.rpartition("}")[2] in ADDRESSES:
                    assert value.startswith(("#", "data:")), (one.tag, value)
                assert "url(" not in value or "url(#" in value
            assert "@import" not in (one.text or "") and "url(" not in (one.text or "")


def test_letters_are_of_one_size_in_all_pictures(folder):
    page = write_report(folder).read_text()
    widths = [float(one) for one in re.findall(r'<img [^>]*style="width:(\d+)%"', page)]
    for width, path in zip(widths, draw_pictures(SurveyFolder(folder)).values(), strict=True):
        root = ElementTree.fromstring(path.read_text())
        assert float(root.attrib["width"].removesuffix("pt")) / (width / 100) == pytest.approx(
            510.2, rel=0.02
        )
    assert len(set(widths)) > 1


def test_a_folder_without_tables_is_told(tmp_path):
    with pytest.raises(InputError, match="has no tables of a survey"):
        write_report(tmp_path)
