"""provis_heads in real PyMOL: the same numbers as from the file, what is printed, written and refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.actions.work.heads import RankedChain
from provis_core.actions.work.heads_report import COLUMNS
from provis_core.annotations.annotators import compute_annotations
from provis_core.attention.head_id import HeadId
from provis_core.scoring.head_scores import HeadScores
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.structures.files.subjects import load_subjects
from provis_core.structures.sequence import compute_sequence_map
from provis_core.worker.tasks.scan import ScanRequest
from tests.data import find_structure

from .programs import ROOT, in_both
from .structures import SEEN_1HPV, find_1hpv, protein, read_1hpv

ARRAYS = (
    "n_arcs",
    "hits",
    "share",
    "weighted_share",
    "expected",
    "low",
    "high",
    "p",
    "p_max",
    "z_p",
    "p_fdr",
)


@pytest.fixture
def heads(commands: dict[str, Any], bert: Path) -> Callable[..., Any]:
    """``provis_heads`` as a Python function, on the tiny BERT."""

    def run(selection: str = "", by: str = "", **options: Any) -> list[RankedChain]:
        return commands["provis_heads"](selection, by, **{"model": str(bert), **options})

    return run


def check_same(table: HeadScores, other: HeadScores) -> None:
    """Raise unless two tables have the same numbers."""
    for name in (*ARRAYS, "is_sink", "is_few", "special_share", "sink_share"):
        np.testing.assert_allclose(
            getattr(table, name), getattr(other, name), rtol=1e-6, atol=1e-6, err_msg=name
        )
    for name, values in table.precision.items():
        np.testing.assert_array_equal(values, other.precision[name])
    assert table.background == other.background


@pytest.mark.parametrize(
    ("by", "options"),
    [
        ("contact", {}),
        ("contact", {"atom": "CB", "cutoff": "10", "min_sep": "12"}),
        ("site", {"radius": "5"}),
        ("site:ligand", {}),
        ("amino_acid:hydrophobic", {}),
        ("b_factor", {}),
        ("helix", {"source": "viewer"}),
    ],
)
def test_numbers_are_those_of_the_file(hpv: str, heads: Callable[..., Any], by: str, options: dict) -> None:
    (item,) = heads("chain A", by, min_attn=0.1, **options)
    subject = load_subjects(find_1hpv())[0]
    if by == "helix":  # the file's own helices, which PyMOL takes over
        options = {"source": "auto"}
    annotation = compute_annotations(by, subject, **options)[0]
    scan = item.result.load()
    expected = compute_head_scores(scan, compute_sequence_map(subject.chain), annotation, min_attn=0.1)
    assert (item.table.n_layers, item.table.n_heads) == (12, 4)
    assert item.table.chain == "1hpv chain A"
    assert item.table.n_arcs.sum() > 500
    check_same(item.table, expected)


def test_a_selection_as_the_site(cmd: Any, hpv: str, heads: Callable[..., Any]) -> None:
    cmd.select("pocket", "byres (polymer within 4 of resn 478)")
    chosen, computed = (
        heads("chain A+B", min_attn=0.1, site="pocket"),
        heads("chain A+B", "site:ligand", min_attn=0.1),
    )
    assert [item.table.chain for item in chosen] == ["1hpv chain A", "1hpv chain B"]
    for one, other in zip(chosen, computed, strict=True):
        residues = set()
        cmd.iterate(f"pocket and chain {one.target.chain.chain_id}", "add(resi)", space={"add": residues.add})
        assert one.table.background_hits == len(residues) > 5
        check_same(one.table, other.table)
    assert (chosen[0].table.background_hits, chosen[0].table.p[0, 0]) != (0, 0)


def test_a_table_of_residues_and_one_of_numbers(hpv: str, heads: Callable[..., Any], tmp_path: Path) -> None:
    table = tmp_path / "sites.csv"
    table.write_text("chain,resi,value\nA,25,3.5\nA,26,1\nA,27,2\nA,49,0.5\nA,50,\nB,7,9\n")
    (item,) = heads("chain A", "table", file=str(table), min_attn=0.1)
    assert item.table.is_numeric
    assert item.table.n_known == 4  # the others are not known, which is not 0
    assert item.table.background == pytest.approx(7 / 4)
    table.write_text("chain,resi\nA,25\nA,26\nA,27\n")
    (item,) = heads("chain A", "table", file=str(table), min_attn=0.1)
    (other,) = heads("chain A", site="chain A and resi 25-27", min_attn=0.1)
    assert item.table.background_hits == 3
    check_same(item.table, other.table)


def test_chains_of_one_sequence_share_the_attention_but_not_the_structure(
    hpv: str, heads: Callable[..., Any], session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    submit = session.worker.submit

    def count(request: Any, **callbacks: Any) -> Any:
        asked.extend([request] if isinstance(request, ScanRequest) else [])
        return submit(request, **callbacks)

    monkeypatch.setattr(session.worker, "submit", count)
    first, second = heads("", "contact")
    assert len(asked) == 1
    np.testing.assert_array_equal(
        first.table.n_arcs + first.table.n_near, second.table.n_arcs + second.table.n_near
    )
    assert first.table.background_hits != second.table.background_hits


def test_linked_chains_have_contacts_between_them(hpv: str, heads: Callable[..., Any]) -> None:
    (item,) = heads("", "contact", link=1)
    alone = heads("", "contact")
    n_alone = sum(one.table.background_hits for one in alone)
    assert item.table.background_hits > n_alone + 20
    assert item.table.n_known == 198
    (item,) = heads("", "site", link=1)
    assert item.table.background_hits == sum(one.table.background_hits for one in heads("", "site"))


def test_what_is_printed_and_written(
    hpv: str, console: Callable[..., list[str]], bert: Path, tmp_path: Path
) -> None:
    out = tmp_path / "heads.csv"
    lines = console(f"provis_heads chain A, contact, {bert}, min_attn=0.1, top=3, out={out}")
    assert lines[0] == f" ProVis: 1hpv chain A, {SEEN_1HPV}, tiny_bert"
    assert lines[1].endswith("(CA-CA < 8 Å, |i-j| >= 6); arcs have attention >= 0.1")
    assert lines[2].startswith("   48 heads; ")
    titles = "head arcs share by chance (95 %) z times p p all weighted P@L medium long special sinks"
    *_, title, first, second, third, last = lines
    assert " ".join(title.split()) == titles
    assert all(line.split()[0].count("-") == 1 for line in (first, second, third))
    assert last == f" ProVis: 48 heads written to {out}"
    assert max(map(len, (title, first, second, third))) <= 125
    short = console(f"provis_heads chain A, contact, {bert}, min_attn=0.1")
    assert len(short) == 6
    assert [line.split()[0] for line in short[3:]] == [line.split()[0] for line in (first, second, third)]
    assert "top=10 says more" in short[1]
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["head"] for row in rows[:3]] == [line.split()[0] for line in (first, second, third)]
    assert len({row["head"] for row in rows}) == 48
    assert [int(row["rank"]) for row in rows] == list(range(1, 49))


def test_csv_and_json_hold_what_python_gets(hpv: str, heads: Callable[..., Any], tmp_path: Path) -> None:
    ranked = heads("", "site", min_attn=0.1, out=str(tmp_path / "heads.json"))
    heads("", "site", min_attn=0.1, out=str(tmp_path / "heads.csv"))
    whole = json.loads((tmp_path / "heads.json").read_text(encoding="utf-8"))
    with (tmp_path / "heads.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(whole["rows"]) == 96
    assert whole["model"] == "tiny_bert"
    assert [table["n_shifts"] for table in whole["tables"]] == [
        89,
        89,
    ]  # five residues at each end keep the property
    for row, other in zip(rows, whole["rows"], strict=True):
        table = next(item.table for item in ranked if item.table.chain == row["chain"])
        head = HeadId.parse(row["head"])
        assert (int(row["layer"]), int(row["head_of_layer"])) == (head.layer + 1, head.head + 1)
        for name in ARRAYS:
            value = float(getattr(table, name)[head])
            if np.isnan(value):
                assert (row[name], other[name]) == ("", None)
            else:
                assert float(row[name]) == other[name] == value


def test_a_sink_is_named_with_its_residue(
    cmd: Any, show: Callable[..., str], console: Callable[..., list[str]], commands: Any, tmp_path: Path
) -> None:
    """A model whose attention is the same for all queries: what it attends to is a sink."""
    from tests.tiny_checkpoints import write_tiny_bert

    folder = write_tiny_bert(tmp_path / "flat", n_layers=2)
    _attend_to_one_letter(folder, "W")
    show(protein(read_1hpv()))
    lines = console(f"provis_heads toy, amino_acid:W, {folder}, min_attn=0.3, top=10")
    (line,) = [line for line in lines if "because they feed a sink" in line]
    assert "(A/TRP6, A/TRP42)" in line
    (item,) = commands["provis_heads"]("toy", "amino_acid:W", str(folder))
    assert item.table.is_sink.any()
    assert not any(item.table.is_sink[head] for head in item.table.best(0))
    assert np.nanmax(item.table.share[item.table.is_sink]) == 1


def _attend_to_one_letter(folder: Path, letter: str) -> None:
    """Make the first layer's queries all alike, and its keys respond to the embedding of one letter."""
    import torch
    from safetensors.torch import load_file, save_file

    state = load_file(folder / "model.safetensors")
    vocabulary = (folder / "vocab.txt").read_text().split()
    name = "embeddings.word_embeddings.weight"
    prefix = next(key for key in state if key.endswith(name)).removesuffix(name)
    words = state[f"{prefix}{name}"]
    direction = torch.zeros(words.shape[1])
    direction[0], direction[1] = 1, -1
    words[:, :2] = 0
    words[vocabulary.index(letter)] = 30 * direction
    state[f"{prefix}embeddings.position_embeddings.weight"][:, :2] = 0
    base = f"{prefix}encoder.layer.0.attention.self"
    state[f"{base}.query.weight"].zero_()
    state[f"{base}.query.bias"].fill_(3.0)
    state[f"{base}.key.weight"].copy_(direction.expand_as(state[f"{base}.key.weight"]))
    save_file(state, folder / "model.safetensors", {"format": "pt"})


def test_what_is_refused(
    cmd: Any, hpv: str, heads: Callable[..., Any], refuse: Callable[..., Any], tmp_path: Path
) -> None:
    refuse(lambda: heads("chain A", "helx"), "by=helx", "Did you mean by=helix?")
    refuse(
        lambda: heads("chain A", "secondary_structure", source="viewer"),
        "by=secondary_structure stands for 2 properties of 1hpv chain A: helix, strand",
    )
    refuse(lambda: heads("chain A", "site:ligand:XYZ"), "1hpv chain A has no site:ligand:XYZ")
    refuse(lambda: heads("chain A", "contact", distance="4"), "contact has no option 'distance'")
    refuse(lambda: heads("chain A", "table"), "file")
    refuse(lambda: heads("chain A", "turn", source="viewer"), "turn", "mkdssp")
    refuse(lambda: heads("chain A", "contact:B"), "contact:B")
    refuse(lambda: heads("chain A", min_attn=0.01), "min_attn=0.01", "from 0.05 to 1")
    refuse(lambda: heads("chain A", top=-1), "top=-1")
    refuse(lambda: heads("chain A", min_arcs=0), "min_arcs=0")
    refuse(lambda: heads("chain A", window=-3), "window=-3")
    refuse(lambda: heads("chain A", "site", site="chain A"), "site=chain A together with by=site")
    refuse(lambda: heads("chain A", site="chain B"), "has no residue of 1hpv chain A")
    refuse(lambda: heads("chain A", site="resn 478"), "resn 478")
    refuse(lambda: heads("chain A", site="nothing at all"), "nothing at all")
    refuse(lambda: heads("chain A", out=str(tmp_path / "heads.doc")), ".csv, .tsv, ", ".json")
    refuse(lambda: heads("chain A", out=str(tmp_path / "no" / "heads.csv")), "no folder")
    refuse(lambda: heads("chain Q"), "chain Q")
    assert not list(tmp_path.glob("heads*"))


def test_chains_of_which_the_property_cannot_be_told_are_named(
    cmd: Any, hpv: str, heads: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    cmd.select("pocket", "chain B and resi 20-30")
    (item,) = heads("", site="pocket")
    assert item.table.chain == "1hpv chain B"
    assert "site=pocket has no residue of 1hpv chain A" in capsys.readouterr().out


def test_completion_and_help(cmd: Any, commands: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cmd._parser.complete("provis_heads all, by=amino") == "provis_heads all, by=amino_acid"
    assert cmd._parser.complete("provis_heads all, heli").startswith("provis_heads all, helix")
    cmd.help("provis_heads")
    assert "provis_heads chain A, by=site, out=heads.csv" in capsys.readouterr().out


def test_it_can_be_stopped_and_waited_for(
    hpv: str, heads: Callable[..., Any], commands: Any, session: Any
) -> None:
    import pymol

    job = heads("chain A", "site", min_attn=0.1, wait=0)
    assert not job.is_done
    assert commands["provis_wait"]()
    assert job.value[0].table.n_tested > 0
    whole = "MNSGNS" + read_sequence(hpv, session)
    job = heads("chain A", "site", seqres=whole, wait=0)
    assert commands["provis_cancel"]() == ["all heads of tiny_bert by site on 1hpv chain A"]
    with pytest.raises(pymol.CmdException, match="cancelled"):
        commands["provis_wait"]()
    assert job.is_done
    (item,) = heads("chain A", "site", seqres=whole)
    assert item.table.n_known == 99
    assert item.target.sequence_map.n_positions == 105


def read_sequence(name: str, session: Any) -> str:
    """The residues of chain A."""
    (selected,) = session.viewer.read_chains(f"{name} and chain A")
    return selected.chain.sequence


@pytest.mark.parametrize("name", ["1ubq", "4hhb", "1cbs", "1ake"])
def test_the_same_from_pdb_and_mmcif_in_pymol(cmd: Any, heads: Callable[..., Any], name: str) -> None:
    paths = [find_structure(f"pdb/{name}.pdb.gz"), find_structure(f"mmcif/{name}.cif.gz")]
    tables = []
    properties = ("contact", "amino_acid:charged" if name == "1ubq" else "site")  # ubiquitin binds nothing
    for path in paths:
        cmd.reinitialize()
        cmd.load(str(path), "toy")
        tables.append({by: heads("chain A", by, min_attn=0.1) for by in properties})
    for by in tables[0]:
        (one,), (other,) = tables[0][by], tables[1][by]
        assert one.target.sequence_map.sequence == other.target.sequence_map.sequence
        check_same(one.table, other.table)


SCRIPT = """
import json
import sys

import pymol
from pymol import cmd

sys.path.insert(0, {root!r})
from plugin.entry import commands

cmd.load({hpv!r}, "1hpv")
ranked = commands["provis_heads"]("", "site", "provis_mini", min_attn=0.1)
numbers = [[item.table.chain, item.table.n_arcs.tolist(), item.table.hits.tolist()] for item in ranked]
print("RESULT " + json.dumps([numbers, [head.label for head in ranked[0].table.best(5)]]))
"""


@in_both
def test_the_bundled_model_in_both_pymols(
    program: str, run_script: Callable[..., str], tmp_path: Path, commands: Any, hpv: str
) -> None:
    script = tmp_path / "heads.py"
    script.write_text(SCRIPT.format(root=str(ROOT), hpv=str(find_1hpv())))
    printed = run_script(program, script)
    assert "placeholder" in printed  # said with quiet=1, too
    numbers, best = json.loads(printed.split("RESULT ")[1].splitlines()[0])
    here = commands["provis_heads"]("", "site", "provis_mini", min_attn=0.1)
    assert best == [head.label for head in here[0].table.best(5)]
    for item, (chain, n_arcs, hits) in zip(here, numbers, strict=True):
        assert chain == item.table.chain
        assert item.table.n_arcs.tolist() == n_arcs
        assert item.table.hits.tolist() == hits


def test_what_is_bound_is_named_as_in_provis_sites(hpv: str, heads: Callable[..., Any]) -> None:
    short, full = (
        heads("chain A", name, min_attn=0.1)[0].table for name in ("ligand:478", "site:ligand:478")
    )
    assert short.name == full.name == "site:ligand:478"
    np.testing.assert_array_equal(short.hits, full.hits)
    assert heads("chain A", "ligand", min_attn=0.1)[0].table.name == "site:ligand"
