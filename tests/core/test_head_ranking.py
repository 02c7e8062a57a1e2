"""The use case behind provis_heads, and what it says, with a viewer and a worker in memory."""

from __future__ import annotations

import csv
import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from provis_core.actions.heads import HeadOptions
from provis_core.actions.work.heads import choose_property, rank_heads
from provis_core.actions.work.heads_report import COLUMNS, describe_heads, make_scores_table
from provis_core.annotations.annotation import Annotation
from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError, JobCancelledError, SequenceError, StructureError
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from provis_core.structures.chain import SelectedChain
from provis_core.structures.sequence import SequenceMap, compute_sequence_map
from provis_core.system.jobs import run_after
from provis_core.targets.properties import Property
from provis_core.targets.targets import make_targets
from tests.patience import PATIENCE

from .fakes import FakeViewer, FakeWorker, make_chain
from .toy_scans import make_scan

N = 40
LETTERS = "".join("ACDEFG"[k * k % 6] for k in range(N))
OTHER = "GACD" * 9


def _planted(sequence: str, head: HeadId, key_letter: str = "C"):
    """2 layers x 2 heads, all weak but one, which attends to residues of one kind in turn."""
    n = len(sequence)
    rng = np.random.default_rng(n)
    maps = rng.dirichlet(np.full(n, 0.02), (2, 2, n))
    keys = [k for k, letter in enumerate(sequence) if letter == key_letter]
    maps[head] *= 0.2
    maps[head][np.arange(n), np.resize(keys, n)] += 0.7
    return make_scan(maps, sequence)


@pytest.fixture
def model(tiny_config_folder):
    return str(tiny_config_folder)


def _session(tmp_path, viewer, worker):
    return Session(viewer, Settings(tmp_path / "settings.json"), lambda _: worker)


@pytest.fixture
def three(tmp_path):
    """Two chains of one sequence, one of another."""
    viewer = FakeViewer(make_chain(LETTERS, "A"), make_chain(LETTERS, "B"), make_chain(OTHER, "C"))
    answers = {LETTERS: _planted(LETTERS, HeadId(1, 0)), OTHER: _planted(OTHER, HeadId(0, 1))}
    worker = FakeWorker(tmp_path, answers)
    return viewer, worker, _session(tmp_path, viewer, worker)


def test_every_chain_has_its_table(three, model):
    viewer, worker, session = three
    job = rank_heads(session, HeadOptions(model=model, by="amino_acid:C", quiet=False))
    assert session.wait(job)
    assert [request[0] for request in worker.scans] == [LETTERS, OTHER]
    best = [item.table.best(1)[0].label for item in job.result()]
    assert best == ["2-1", "2-1", "1-2"]
    assert [item.table.chain for item in job.result()] == ["toy chain A", "toy chain B", "toy chain C"]
    titles = [line for line in viewer.lines if line.startswith(" ProVis: toy")]
    assert [title.split(",")[0] for title in titles] == [f" ProVis: toy chain {name}" for name in "ABC"]
    assert any(line.split()[:1] == ["2-1"] for line in viewer.lines)


def test_quiet_says_nothing_but_the_status_of_the_model(three, model):
    viewer, _, session = three
    session.wait(rank_heads(session, HeadOptions(model=model, by="amino_acid:C")))
    assert viewer.lines == []


def test_a_chain_that_fails_does_not_hinder_the_others(three, model, tmp_path):
    viewer, worker, session = three
    worker.answers[LETTERS] = SequenceError("too long", "shorter", "cut it")
    out = tmp_path / "heads.tsv"
    job = rank_heads(session, HeadOptions(model=model, by="amino_acid:C", out=str(out), quiet=False))
    session.wait(job)
    assert [item.table is None for item in job.value] == [True, True, False]
    assert [line.split(" was left out: ")[0] for line in viewer.warnings] == ["toy chain A", "toy chain B"]
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert {row["chain"] for row in rows} == {"toy chain C"}
    worker.answers[OTHER] = worker.answers[LETTERS]
    job = rank_heads(session, HeadOptions(model=model, by="amino_acid:C"))
    job.is_awaited = True
    session.wait(job)
    with pytest.raises(SequenceError):
        job.result()


def test_a_selection_is_the_site(three, model):
    viewer, _, session = three
    mask = np.zeros(N, dtype=bool)
    mask[[3, 8]] = True
    chains = list(viewer.chains)

    def read_chains(selection):
        return [SelectedChain(chains[1].chain, mask)] if selection == "pocket" else chains

    viewer.read_chains = read_chains
    job = rank_heads(session, HeadOptions(model=model, site="pocket"))
    session.wait(job)
    (item,) = job.result()
    assert item.table.chain == "toy chain B"
    assert item.annotation.residues.tolist() == [3, 8]
    assert [line.split(".")[0] for line in viewer.warnings] == [
        "site=pocket has no residue of toy chain A",
        "site=pocket has no residue of toy chain C",
    ]


def test_a_property_that_no_residue_has_is_refused(three, model):
    viewer, worker, session = three
    session.wait(rank_heads(session, HeadOptions(model=model, by="amino_acid:F")))
    assert any("toy chain C has no amino_acid:F" in line for line in viewer.warnings), viewer.warnings
    with pytest.raises(InputError, match=r"chain A has no ptm .* Choose another property"):
        rank_heads(session, HeadOptions(model=model, by="ptm"))
    assert len(worker.scans) == 1


def test_stopping(tmp_path, model):
    viewer = FakeViewer(make_chain(LETTERS))
    worker = FakeWorker(tmp_path, {LETTERS: _planted(LETTERS, HeadId(0, 0))}, held=True)
    session = _session(tmp_path, viewer, worker)
    job = rank_heads(session, HeadOptions(model=model, by="amino_acid:C"))
    job.is_awaited = True
    assert session.cancel() == ["all heads of tiny by amino_acid:C on toy chain A"]
    session.wait(job)
    with pytest.raises(JobCancelledError):
        job.result()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "helx"}, "Did you mean «by=helix»"),
        (
            {"by": "amino_acid"},
            r"«by=amino_acid» stands for \d+ .*amino_acid:C, .*by=amino_acid:A",
        ),
        ({"by": "contact", "given": {"radius": "3"}}, "contact has no option 'radius'"),
        ({"min_attn": 0.04}, r"min_attn=0\.04"),
        ({"top": -1}, "top=-1"),
        ({"min_arcs": 0}, "min_arcs=0"),
        ({"window": -1}, "window=-1"),
        ({"site": "all", "by": "site"}, "«site=all» together with «by=site»"),
        ({"site": "all", "given": {"radius": "3"}}, "«site=all» together with «radius=3»"),
        ({"out": "heads.doc"}, r"\.csv"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_runs(three, model, options, message):
    _, worker, session = three
    with pytest.raises(InputError, match=message):
        rank_heads(session, HeadOptions(model=model, **options))
    assert worker.scans == []
    assert session.jobs == []


def _table(maps, has, chain, **options):
    site = Annotation("site", "residue", has, np.ones(len(has), bool), "toy", "by hand", ("A note.",))
    return compute_head_scores(
        make_scan(maps, chain.sequence), compute_sequence_map(chain), site, chain=chain.label, **options
    )


def test_the_report_by_hand():
    chain = make_chain("ACDEFG" * 4)
    n = chain.n_residues
    maps = np.zeros((1, 3, n, n), dtype=np.float32)
    maps[0, 0, np.arange(12), 6 + np.arange(12) % 4] = 0.5  # 12 arcs, three on each of four residues
    maps[0, 1, :, 10] = 0.75  # a sink, which is in the site
    maps[0, 2, 0, 1] = 0.9
    lines = describe_heads(_table(maps, np.isin(np.arange(n), [6, 7, 10]), chain), chain, 10)
    assert lines[:2] == [
        "site: 3 of 24 residues, 12.5 % (by hand); arcs have attention >= 0.3",
        "3 heads; 2 have at least 10 arcs and were tested, 1 have fewer",
    ]
    titles, row = lines[-2:]
    assert (
        " ".join(titles.split()) == "head arcs share by chance (95 %) z times p p all weighted special sinks"
    )
    # residues 5 to 18 move, and the site among them
    shares = [np.isin((1 + np.arange(12) % 4 - s) % 14, [1, 2, 5]).mean() for s in range(14)]
    p = np.mean(np.array(shares) >= shares[0])
    low, high = np.quantile(shares, [0.025, 0.975]) * 100
    z = (shares[0] - np.mean(shares)) / np.std(shares)
    assert row.split()[:7] == [
        "1-1",
        "12",
        "50.0",
        f"{100 * np.mean(shares):.1f}",
        f"({low:.1f}",
        "to",
        f"{high:.1f})",
    ]
    assert row.split()[7:10] == [f"{z:.1f}", "4.0", f"{p:.2g}"]
    assert row.split()[-3:] == ["50.0", "75.0", "0.0"]
    assert lines[-4].endswith("attends to): 1-2 (A/PHE11)")
    assert lines[-3] == "A note."


def test_the_short_report_fits_a_small_console():
    """With the line that names chain and model six lines, the best heads last."""
    chain = make_chain("ACDEFG" * 6)
    n = chain.n_residues
    maps = np.random.default_rng(0).dirichlet(np.full(n, 0.05), (3, 4, n))
    maps[2, 1] *= 0.2
    maps[2, 1][np.arange(n), np.array([7, 14, 21, 28])[np.arange(n) % 4]] += 0.7
    maps[0, 0] *= 0.2
    maps[0, 0, :, 8] += 0.7  # a sink
    site = Annotation("site", "residue", np.isin(np.arange(n), [7, 14, 21, 28]), np.ones(n, bool), "t", "m")
    sequence_map = compute_sequence_map(chain)
    scores = compute_head_scores(make_scan(maps, sequence_map.sequence), sequence_map, site)
    lines = describe_heads(scores, chain)
    assert lines[0] == (
        "site: 4 of 36 residues, 11.1 %; beyond chance, corrected for all heads (p all < 0.05): 1; "
        "1 left out, which feed a sink; «top=10» says more"
    )
    assert " ".join(lines[1].split()) == "head arcs share by chance (95 %) p all"
    assert len(lines) == 5
    assert [line.split()[0] for line in lines[2:]] == [head.label for head in scores.best(3)]
    assert lines[2].split()[0] == "3-2"
    assert lines[2].split()[-1] == f"{scores.p_max[2, 1]:.2g}"


def test_what_is_said_where_nothing_can_be_told():
    chain = make_chain("ACDEFG" * 3)
    n = chain.n_residues
    maps = np.zeros((1, 2, n, n), dtype=np.float32)
    maps[0, 0, [0, 1, 2], [5, 6, 7]] = 0.4
    has = np.arange(n) == 5
    text = "\n".join(describe_heads(_table(maps, has, chain), chain, 10))
    assert "no head has 10 arcs that do not end at a sink (the most has 3); try a smaller min_attn" in text
    text = "\n".join(describe_heads(_table(maps, has, chain, min_arcs=1), chain, 10))
    assert f"{n - 10} shifts are too few for any p-value below 0.05" in text
    long = make_chain("ACDEFG" * 6)
    maps = np.random.default_rng(0).dirichlet(np.full(36, 0.1), (1, 2, 36))
    lines = describe_heads(_table(maps, np.arange(36) % 5 == 0, long), long, 10)
    assert "no head is beyond chance once corrected for all heads (p all < 0.05)" in lines


def test_no_more_heads_than_asked_for():
    chain = make_chain("ACDEFG" * 6)
    maps = np.random.default_rng(0).dirichlet(np.full(36, 0.1), (3, 4, 36))
    table = _table(maps, np.arange(36) % 5 == 0, chain)
    for n, shown in ((1, 1), (5, 5), (0, 12)):
        rows = [
            line
            for line in describe_heads(table, chain, n)
            if line.split()[0] in {h.label for h in table.rank()}
        ]
        assert len(rows) == shown


def test_files_have_one_row_per_head_and_no_nan():
    chain = make_chain("ACDEFG" * 6)
    maps = np.zeros((2, 2, 36, 36), dtype=np.float32)
    maps[1, 1, :, :] = np.eye(36)
    table = make_scores_table([(_table(maps, np.arange(36) == 5, chain), chain, None)], {"by": "site"})
    assert table.columns == COLUMNS
    assert [row[3] for row in table.rows] == ["2-2", "1-1", "1-2", "2-1"]
    by_name = [dict(zip(COLUMNS, row, strict=True)) for row in table.rows]
    assert (by_name[0]["hits"], by_name[0]["share"]) == (1, 1 / 36)
    assert by_name[1]["share"] is by_name[1]["p"] is by_name[1]["precision_L"] is None
    assert (
        json.loads(json.dumps([table.about, table.rows], allow_nan=False))[0]["tables"][0]["n_shifts"] == 26
    )


def test_after_a_future():
    source: Future = Future()
    broken: Future = Future()
    with ThreadPoolExecutor(1) as thread:
        after = run_after(source, lambda value: (value + 1, threading.current_thread()), thread)
        failed = run_after(source, lambda value: 1 / 0, thread)
        error = run_after(broken, lambda value: value, thread)
        assert not after.done()
        source.set_result(41)
        broken.set_exception(StructureError("a", "b", "c"))
        assert after.result(PATIENCE)[0] == 42
        assert after.result(PATIENCE)[1] is not threading.current_thread()
        assert isinstance(failed.exception(PATIENCE), ZeroDivisionError)
        assert isinstance(error.exception(PATIENCE), StructureError)


def test_after_a_future_that_comes_too_late():
    source: Future = Future()
    thread = ThreadPoolExecutor(1)
    after = run_after(source, lambda value: value, thread)
    thread.shutdown()
    source.set_result(41)
    assert after.cancelled()


def test_a_chain_too_short_for_contacts():
    chain = make_chain("ACDE")
    contacts = Annotation(
        "contact", "pair", np.zeros((4, 4), bool), np.ones(4, bool), "toy", "near", min_separation=6
    )
    scan = make_scan(np.full((1, 1, 4, 4), 0.25), "ACDE")
    lines = describe_heads(compute_head_scores(scan, SequenceMap("ACDE", np.arange(4)), contacts), chain)
    assert lines[0].startswith("contact: 0 of 0 residue pairs, - %")


def test_options_of_contacts_of_linked_chains_are_read_as_those_of_one_chain_are():
    viewer = FakeViewer(make_chain(LETTERS, "A"), make_chain(OTHER, "C"))
    targets, _ = make_targets(viewer.chains, link=True)
    given = {"cutoff": "25", "min_sep": "3", "between": "1"}  # as a command line has them
    ((_, found),) = choose_property(viewer, targets, Property("contact", options=given))
    assert found.method == "CA-CA < 25 Å, |i-j| >= 3"
    with pytest.raises(InputError, match="contact has no option 'cutof'"):
        choose_property(viewer, targets, Property("contact", options={"cutof": 10}))
    with pytest.raises(InputError, match="min_sep=x"):
        choose_property(viewer, targets, Property("contact", options={"min_sep": "x"}))


def test_contacts_between_chains_that_are_not_linked_are_refused():
    viewer = FakeViewer(make_chain(LETTERS, "A"), make_chain(OTHER, "C"))
    targets, _ = make_targets(viewer.chains)
    with pytest.raises(InputError, match="Use «link=1»"):
        choose_property(viewer, targets, Property("contact", options={"between": "1"}))
    assert (
        len(choose_property(viewer, targets, Property("contact", options={"between": "0", "cutoff": 25})))
        == 2
    )
