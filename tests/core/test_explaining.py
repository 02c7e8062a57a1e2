"""The use case behind provis_explain, with a viewer and a worker in memory."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from provis_core.actions import find_command
from provis_core.actions.explain_options import METHODS, ExplainOptions
from provis_core.actions.heads import HeadOptions
from provis_core.actions.predictions import TargetOptions, list_targets
from provis_core.actions.work.explaining import explain_chains
from provis_core.attention.class_logits import ClassLogits
from provis_core.attention.head_id import HeadId
from provis_core.attention.relevance import Relevance
from provis_core.errors import InputError, WorkerMemoryError
from provis_core.scoring.relevance_scores import score_relevance
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from provis_core.structures.sequence import compute_sequence_map
from provis_core.system.paths import resources_dir
from provis_core.targets.predictions import Prediction
from provis_core.worker.tasks.classes import ClassesRequest, ClassesResult
from provis_core.worker.tasks.explain import ExplainRequest, ExplainResult
from provis_core.worker.wire.result_files import write_result

from .fakes import FakeViewer, FakeWorker, make_chain

ONE, TWO = make_chain("ACDEFG", "A"), make_chain("GGAC", "B")


def make_relevance(request, scale=1.0):
    n = len(request.sequence)
    chosen = np.random.default_rng(n)
    heads = chosen.normal(size=(12, 6, n)).astype(np.float32)
    residues = (scale * np.linspace(-1, 1, n)).astype(np.float32)
    pairs = np.zeros((0, 0), dtype=np.float32)
    if request.head:
        pairs = np.zeros((n, n), dtype=np.float32)
        pairs[0, 2], pairs[3, 1], pairs[1, 1] = 0.5, -0.25, 9
    return Relevance(
        request.model, request.sequence, Prediction.from_json(request.prediction).text, request.method,
        request.baseline or "X", 20, 2.0, 0.5, residues, np.zeros(2, dtype=np.float32), heads,
        np.zeros((12, 6, 2), dtype=np.float32), heads.sum(axis=2),
        head=HeadId(*request.head) if request.head else None, pairs=pairs,
    )  # fmt: skip


class ExplainingWorker(FakeWorker):
    """Answers with made-up relevance."""

    def __init__(self, folder, scales=None):
        super().__init__(folder)
        self.asked: list[ExplainRequest] = []
        self.scales = scales or {}

    def _explain(self, request, on_progress, on_notice):
        self.asked.append(request)
        future: Future = Future()
        scale = self.scales.get(request.sequence, 1.0)
        if isinstance(scale, Exception):
            future.set_exception(scale)
            return future
        path = self.folder / f"relevance{len(self.asked)}.npz"
        write_result(path, make_relevance(request, scale))
        future.set_result(ExplainResult(str(path), request.sequence, False, 0.1, "cpu", "float32"))
        return future


def make_session(tmp_path, *chains, **options):
    viewer, worker = FakeViewer(*chains), ExplainingWorker(tmp_path, **options)
    return Session(viewer, Settings(tmp_path / "settings.json"), lambda _: worker), viewer, worker


def run(session, **options):
    job = explain_chains(session, ExplainOptions(quiet=False, **options))
    job.is_awaited = True
    session.wait(job)
    return job.result()


def test_residues_are_coloured_on_one_scale_with_white_at_nothing(tmp_path):
    session, viewer, worker = make_session(tmp_path, ONE, TWO, scales={"GGAC": 10.0})
    done = run(session, target="likelihood")
    assert [one.relevance.prediction for one in done] == ["likelihood", "likelihood"]
    small, large = viewer.residue_colors["toy chain A"], viewer.residue_colors["toy chain B"]
    np.testing.assert_allclose(large[0], np.array([0, 114, 178]) / 255, atol=1e-6)
    np.testing.assert_allclose(large[-1], np.array([213, 94, 0]) / 255, atol=1e-6)
    assert small.min() > 0.85  # a tenth of the other chain's
    assert small[0, 2] > small[0, 0] and small[-1, 0] > small[-1, 2]
    text = "\n".join(viewer.lines)
    assert "f(chain) 2, f(baseline X) 0.5; residues add up to" in text
    assert "white at 0" in text and "98th percentile" in text
    assert "A/ALA1 -1" in text
    assert [one.names for one in done] == [("provis_toy_A_profile",), ("provis_toy_B_profile",)]
    assert set(viewer.clear("*_profile")) == {"provis_toy_A_profile", "provis_toy_B_profile"}
    assert not viewer.residue_colors
    assert len(worker.asked) == 2


def test_one_side_is_named_selected_and_coloured(tmp_path):
    session, viewer, _ = make_session(tmp_path, ONE)
    run(session, target="C2A", which="against", top=2, sele="why")
    assert viewer.selections["why"] == {("toy chain A", 0), ("toy chain A", 1)}
    assert (viewer.residue_colors["toy chain A"][-1] == 1).all()
    run(session, target="C2A", which="for", top=1, sele="why")
    assert viewer.selections["why"] == {("toy chain A", 5)}


def test_a_head_and_a_layer(tmp_path):
    session, _, worker = make_session(tmp_path, ONE)
    (one,) = run(session, target="C2A", head="12-4")
    expected = make_relevance(worker.asked[0]).heads
    np.testing.assert_allclose(one.values, expected[11, 3])
    (one,) = run(session, target="C2A", head="sum:12")
    np.testing.assert_allclose(one.values, expected[11].sum(axis=0), rtol=1e-5)
    assert not worker.asked[0].head and worker.asked[0] == worker.asked[1]


def test_pairs_are_cylinders_from_key_to_query_in_two_colours(tmp_path):
    session, viewer, worker = make_session(tmp_path, ONE)
    (one,) = run(session, target="C2A", head="12-4", pairs=True)
    assert worker.asked[0].head == (11, 3)
    scene = viewer.scenes["provis_toy_A_12-4_relevance"]
    assert one.names == ("provis_toy_A_profile", "provis_toy_A_12-4_relevance")
    assert scene.edges.query.tolist() == [0, 3] and scene.edges.key.tolist() == [2, 1]
    np.testing.assert_allclose(scene.end_rgb, np.array([[213, 94, 0], [0, 114, 178]]) / 255, atol=1e-6)
    assert (scene.start_rgb == scene.start_rgb[0]).all()
    assert scene.radius[0] > scene.radius[1]


def test_the_default_is_the_best_class_else_the_selected_residue_else_the_likelihood(tmp_path):
    folder = tmp_path / "language_model"  # the bundled model without its classes
    folder.mkdir()
    for path in resources_dir().joinpath("provis_mini").iterdir():
        if not path.name.endswith(".readout.safetensors"):
            (folder / path.name).symlink_to(path)
    session, viewer, worker = make_session(tmp_path, ONE)
    run(session, model=str(folder))
    viewer.marked["toy chain A"] = np.array([0, 0, 1, 0, 0, 0], dtype=bool)
    run(session, model=str(folder))
    viewer.marked["toy chain A"] = np.array([0, 1, 1, 0, 0, 0], dtype=bool)
    run(session, model=str(folder))
    run(session)
    assert [Prediction.from_json(one.prediction).text for one in worker.asked] == [
        "likelihood", "residue:3", "likelihood", "best",
    ]  # fmt: skip


def test_identical_chains_are_asked_once_and_a_chain_without_the_residue_is_told(tmp_path):
    twin = replace(ONE, chain_id="C", residue_ids=tuple(one._replace(chain="C") for one in ONE.residue_ids))
    session, viewer, worker = make_session(tmp_path, ONE, twin, TWO)
    done = run(session, target="F5A")
    assert [one.chain.label for one in done] == ["toy chain A", "toy chain C"]
    assert len(worker.asked) == 1
    assert "toy chain B has no residue 5" in "".join(viewer.warnings)


def test_a_chain_that_fails_leaves_the_others(tmp_path):
    problem = WorkerMemoryError("No memory", "More is needed", "Take less")
    session, viewer, _ = make_session(tmp_path, ONE, TWO, scales={"GGAC": problem})
    job = explain_chains(session, ExplainOptions(target="likelihood"))
    session.wait(job)
    assert list(viewer.residue_colors) == ["toy chain A"]
    assert "No memory" in "".join(viewer.warnings)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"target": "V9A"}, "no residue 9"),
        ({"target": "A2C"}, "the residue 2 of toy chain A is C"),
        ({"which": "fro"}, r"«which=fro».*Did you mean «which=for»"),
        ({"method": "lrp"}, r"«method=lrp».*ig, paper, masking"),
        ({"palette": "blue_whit"}, "palette"),
        ({"top": 0}, "top=0"),
        ({"steps": 1}, "steps=1"),
        ({"window": 100}, "not stitched together"),
        ({"pairs": True}, "without «head=»"),
        ({"pairs": True, "head": "sum:3"}, "Pairs are those of one head"),
        ({"head": "13-1"}, "layer=13"),
        ({"head": "sum:13"}, "layer=13"),
        ({"head": "four"}, "The head is 'four'"),
        ({"head": "12-4", "method": "ablate"}, "Only ig, paper and attention"),
        ({"sele": "toy"}, "sele=toy"),
        ({"model": "no_such_model"}, "no_such_model"),
    ],
)
def test_bad_input_is_refused_and_nothing_changes(tmp_path, options, words):
    session, viewer, worker = make_session(tmp_path, ONE)
    with pytest.raises(InputError, match=words) as caught:
        explain_chains(session, ExplainOptions(**options))
    assert caught.value.got and caught.value.need and caught.value.do
    assert not (worker.asked or viewer.residue_colors or viewer.scenes or viewer.selections or session.jobs)


def test_targets_are_listed(tmp_path):
    session, _, _ = make_session(tmp_path, ONE)
    text = "\n".join(list_targets(session))
    assert "V82A:masked" in text and "likelihood" in text
    assert "1 Soluble" in text and "2 Membrane" in text
    assert "residue:25:binding" not in text


def test_classes_of_a_chain_come_best_first_beside_the_baseline(tmp_path):
    session, viewer, worker = make_session(tmp_path, ONE)
    asked: list[ClassesRequest] = []

    def answer(request, on_progress, on_notice):
        asked.append(request)
        future: Future = Future()
        path = tmp_path / "classes.npz"
        logits = np.array([[1.0, 3.0], [2.0, -1.0]], dtype=np.float32)
        write_result(path, ClassLogits(request.sequence, "mask", {"membrane": logits}))
        future.set_result(ClassesResult(str(path), request.sequence, False, 0.1))
        return future

    worker._classes = answer
    job = find_command("targets").run(
        SimpleNamespace(session=session), TargetOptions(baseline="mask", quiet=False, wait=False)
    )
    job.is_awaited = True
    session.wait(job)
    (one,) = job.result()
    table = one.tables["membrane"]
    assert table.columns == ("target", "logit", "p", "baseline", "baseline_p")
    share = 1 / (1 + np.exp(2)), 1 / (1 + np.exp(-3))
    assert table.rows == [
        ("Membrane", 3.0, float(f"{1 - share[0]:.4g}"), -1.0, float(f"{1 - share[1]:.4g}")),
        ("Soluble", 1.0, float(f"{share[0]:.4g}"), 2.0, float(f"{share[1]:.4g}")),
    ]
    assert asked[0].baseline == "mask"
    text = "\n".join(viewer.lines)
    assert "toy chain A, classes of membrane, beside the baseline mask" in text
    assert text.index("V82A:masked") < text.index("toy chain A, classes")


def test_a_wrong_selection_is_told_before_anything_is_listed(tmp_path, monkeypatch):
    session, viewer, _ = make_session(tmp_path, ONE)

    def refuse(selection):
        raise InputError(f"The selection {selection!r} holds no atoms", "", "")

    monkeypatch.setattr(viewer, "read_chains", refuse)
    with pytest.raises(InputError, match="holds no atoms"):
        find_command("targets").run(SimpleNamespace(session=session), TargetOptions(selection="chain Z"))
    assert viewer.lines == []


def test_the_names_of_methods_are_those_that_there_are():
    pytest.importorskip("torch", reason="torch is not installed")
    from provis_core.attribution.methods import known_methods

    assert sorted(METHODS) == sorted(method.name for method in known_methods())


def test_positions_without_a_residue_have_no_colour(tmp_path):
    """The whole sequence is explained; what is not resolved is not coloured, and the rest is not shifted."""
    sequence_map = compute_sequence_map(ONE, "observed")
    assert sequence_map.residue_index.tolist() == list(range(6))
    session, _, _ = make_session(tmp_path, ONE)
    (one,) = run(session, target="likelihood", seqres="MMACDEFG")
    assert one.relevance.sequence == "MMACDEFG"
    np.testing.assert_allclose(one.values, np.linspace(-1, 1, 8)[2:], atol=1e-6)


def rank(session, **options):
    job = find_command("heads").run(
        SimpleNamespace(session=session), HeadOptions(quiet=False, wait=False, measure="relevance", **options)
    )
    job.is_awaited = True
    session.wait(job)
    return job.result()


def test_heads_are_ranked_by_relevance_on_a_property(tmp_path):
    chain = make_chain("ADAADDAACEADAAADFFADAADDAACEADAAADFF")
    session, viewer, worker = make_session(tmp_path, chain)
    out = tmp_path / "heads.csv"
    (one,) = rank(session, by="amino_acid:D", target="likelihood", out=str(out), top=3)
    assert one.annotation.name == "amino_acid:D"
    scores = score_relevance(make_relevance(worker.asked[0]).heads, one.target.sequence_map, one.annotation)
    np.testing.assert_array_equal(one.scores.z, scores.z)
    best = HeadId(*np.unravel_index(scores.order[0], (12, 6))).label
    text = "\n".join(viewer.lines)
    assert "10 of 36 residues), relevance for likelihood, baseline X" in text
    rows = out.read_text().splitlines()
    assert len(rows) == 1 + 72
    assert f",{best}," in rows[1]
    assert sum(line.strip().startswith(tuple("123456789")) for line in viewer.lines) == 3


@pytest.mark.parametrize(
    "options, words",
    [
        ({"measure": "all"}, "One of attention, relevance"),
        ({"window": 10}, "Leave out «window=»"),
        ({"heads": "12-4"}, "Leave out «heads=»"),
        ({"measure": "attention", "target": "C2A"}, "Attention is not about a target"),
        ({"by": "amino_acid:A", "target": "V9A"}, "no residue 9"),
    ],
)
def test_a_ranking_that_makes_no_sense_is_refused(tmp_path, options, words):
    session, _, worker = make_session(tmp_path, ONE)
    given = {"measure": "relevance", "wait": False, **options}
    with pytest.raises(InputError, match=words):
        find_command("heads").run(SimpleNamespace(session=session), HeadOptions(**given))
    assert not worker.asked
