"""The registry, what the console says about it, and the commands around it; no network, no torch."""

from __future__ import annotations

import json
import re
import sys
from concurrent.futures import Future
from pathlib import Path

import pytest

from provis_core import cli
from provis_core.attention.head_id import HeadId
from provis_core.checkpoints import store
from provis_core.checkpoints.catalogue import describe_model, describe_models
from provis_core.checkpoints.registry import find_entry, find_model, list_models, list_registry
from provis_core.errors import CheckpointError, InputError, JobCancelledError, UnknownModelError
from provis_core.session.fetching import ModelFetcher
from provis_core.system.paths import cache_dir, resources_dir
from provis_core.worker.host.fetching import start_fetch

CITED = (
    "hub", "revision", "layers", "heads", "trained_length", "parameters", "download_bytes", "license",
    "license_note", "citation", "best_heads", "letters",
)  # fmt: skip


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("PROVIS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def fetched(tiny_config_folder):
    """The tiny model where a fetch of prot_bert puts it, with a manifest."""
    folder = store.models_dir() / "prot_bert"
    folder.parent.mkdir(parents=True)
    tiny_config_folder.replace(folder)
    entries = {
        path.name: {"size": path.stat().st_size, "sha256": store.hash_file(path)} for path in folder.iterdir()
    }
    store.write_manifest(folder, store.Manifest("prot_bert", "lab/x", "c0", entries, {"n_parameters": 7}))
    return folder


def test_every_field_that_is_filled_names_its_source():
    values = json.loads((resources_dir() / "models.json").read_text(encoding="utf-8"))
    names = [item["name"] for item in values["models"]]
    assert len(names) == len(set(names)) == 25
    for item in values["models"][1:]:
        for field in CITED:
            assert (item.get(field) is not None) == (field in item["sources"]), (item["name"], field)
        assert set(item["sources"].values()) <= set(values["sources"])
        assert item["revision"] is None or re.fullmatch("[0-9a-f]{40}", item["revision"])
        assert item["hub"] or item.get("package") or item.get("refusal")
    used = {key for item in values["models"] for key in item["sources"].values()}
    assert used == set(values["sources"])


def test_the_published_heads_are_those_of_the_paper():
    tape = find_entry("tape_bert")
    assert tape.default_head == HeadId.parse("12-4") == HeadId(11, 3)
    contact = tape.best_heads["contact"][0]
    assert (contact.head.label, contact.percent, contact.interval) == ("12-4", 44.7, (43.0, 46.3))
    assert tape.best_heads["binding_site"][0].head.label == "11-6"
    heads = {name: find_entry(name).default_head.label for name in ("prot_bert_bfd", "prot_albert")}
    assert heads == {"prot_bert_bfd": "30-9", "prot_albert": "11-3"}
    assert find_entry("esm2_650m").default_head.label == "33-14"
    assert find_entry("esm2_15b").default_head is None


def test_published_heads_of_a_model_that_is_not_run_are_shown_and_it_is_refused():
    entry = find_entry("amplify_350m")
    assert entry.default_head.label == "32-12" and not entry.is_fetchable
    page = "\n".join(describe_model(entry))
    assert "«heads=contact»: 32-12, the best head in 70 % of 200 proteins" in page
    assert "ProVis does not run it" in page and "amplify" not in "\n".join(describe_models([], "provis_mini"))
    for ask in (find_model, lambda name: start_fetch(find_entry(name), Path(sys.executable), print)):
        with pytest.raises(
            (CheckpointError, InputError), match=r"does not run amplify_350m.*does not execute"
        ):
            ask("AMPLIFY_350M")


def test_a_missing_model_says_size_licence_and_the_one_command():
    with pytest.raises(CheckpointError) as caught:
        find_model("Ankh_Base")
    said = str(caught.value)
    assert "ankh_base is not on this computer" in said
    assert "size unverified, licence CC-BY-NC-SA-4.0: not for commercial use" in said
    assert "«fetch ankh_base»" in said
    with pytest.raises(CheckpointError, match=r"1\.68 GB, licence AFL-3\.0"):
        find_model("prot_bert")
    with pytest.raises(UnknownModelError, match="Did you mean esm2_35m"):
        find_model("esm2_35")
    with pytest.raises(UnknownModelError):
        find_model("")


def test_what_is_on_disk_is_listed_and_the_rest_is_offered():
    assert [entry.name for entry in list_models()] == ["provis_mini"]
    assert find_model("provis_mini") is list_models()[0]
    lines = describe_models(list_models(), "provis_mini")
    assert lines[1].startswith("* provis_mini")
    text = "\n".join(lines)
    assert re.search(r"prot_bert +BERT +30 x 16 +trained length unverified, 1.68 GB, licence AFL-3.0", text)
    assert "contacts 12-4 44.7%, binding sites 11-6 48.8%, PTM sites 11-6 63.5%" in text
    assert "! the 2024 release is non-commercial" in text
    assert max(map(len, lines[3:])) <= 120
    assert describe_models(list_models(), "/a/folder")[3] == "* /a/folder"


def test_a_fetched_model_is_used_from_the_store_with_what_was_recorded(fetched):
    entry = find_model("prot_bert")
    assert (entry.folder, entry.n_parameters) == (fetched, 7)
    assert entry.revision == "3d05bf06e79014892defacad82e0efd06e977ff6"  # what is registered stays
    assert entry.unverified == ("trained length",)
    assert "parameters: 7   [recorded when it was fetched]" in "\n".join(describe_model(entry))
    assert entry in list_models()
    assert find_model("prot_bert") is entry  # read once while nothing changes


def test_a_page_about_one_model_has_its_sources():
    text = "\n".join(describe_model(find_entry("esm2_8m")))
    assert "parameters: 8,000,000   [github.com/facebookresearch/esm README.md]" in text
    assert "revision: unverified" in "\n".join(describe_model(find_entry("tape_bert")))
    assert "revision: d582006e0c7dc6917d26fa60740a357e8df7b466" in "\n".join(
        describe_model(find_entry("antiberty"))
    )


def test_a_page_says_what_a_model_computes(tiny_config_folder):
    text = "\n".join(describe_model(find_entry("provis_mini")))
    assert re.search(
        r"computes membrane, a class of the whole chain: Soluble, Membrane \(.*AUROC 0\.98", text
    )
    assert "computes letters that are masked" in text
    path = tiny_config_folder / "config.json"
    values = {**json.loads(path.read_text()), "architectures": ["BertForTokenClassification"]}
    path.write_text(json.dumps({**values, "id2label": {str(i): f"LABEL_{i}" for i in range(12)}}))
    text = "\n".join(describe_model(find_entry(str(tiny_config_folder))))
    assert "a class of each residue: LABEL_0, LABEL_1" in text
    assert "LABEL_9, ... (to name them: provis models add FOLDER --labels FILE)" in text
    path.write_text(json.dumps({**values, "id2label": ["a", 1]}))
    assert "not usable: " in "\n".join(describe_model(find_entry(str(tiny_config_folder))))


def run(capsys, *arguments: str) -> tuple[int, str]:
    status = cli.main(arguments)
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def test_the_program_lists_checks_and_removes(capsys, fetched):
    assert "provis_mini" in run(capsys, "models")[1]
    assert "citation: " in run(capsys, "models", "list", "prot_bert")[1]
    status, said = run(capsys, "models", "check", "prot_bert")
    assert (status, said) == (0, "prot_bert: 3 files, every checksum right\n")
    weights = fetched / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    status, said = run(capsys, "models", "check")
    assert status == 1
    assert "provis_mini: whole" in said
    assert re.search(r"DAMAGED\. .*model.safetensors is damaged.*provis models fetch prot_bert", said)
    assert run(capsys, "models", "remove", "prot_bert") == (0, f"removed {fetched}\n")
    assert not fetched.exists()
    assert "no files of its own" in run(capsys, "models", "remove", "prot_bert")[1]
    assert run(capsys, "models", "remove", "nonsense")[0] == 1
    assert run(capsys, "models", "fetch", "provis_mini")[0] == 1


def test_the_program_adds_a_folder_and_forgets_it(capsys, tiny_config_folder):
    status, said = run(capsys, "models", "add", str(tiny_config_folder), "--name", "mine")
    assert status == 0
    assert "provis model mine" in said
    assert re.search(r"mine +BERT +2 x 2", run(capsys, "models")[1])
    assert run(capsys, "models", "remove", "mine") == (0, f"forgot {tiny_config_folder}\n")
    assert tiny_config_folder.is_dir()
    assert run(capsys, "models", "add", str(tiny_config_folder / "none"))[0] == 1


def test_the_program_shows_and_clears_the_cache(capsys):
    folder = cache_dir() / "attention" / "ab"
    folder.mkdir(parents=True)
    (folder / "cd.npy").write_bytes(bytes(2_000_000))
    (folder.parent / "note.txt").touch()
    assert run(capsys, "cache")[1].startswith(f"2.0 MB in {folder.parent}, limit 2 GB")
    assert run(capsys, "cache", "clear")[1].startswith("removed 1 files, 2.0 MB")
    assert (folder.parent / "note.txt").exists()


class FakeFetch(Future):
    """A fetch whose end the test decides."""

    progress = "half way"

    def cancel(self) -> bool:
        self.set_exception(JobCancelledError("stopped", "", "go on"))
        return True


@pytest.fixture
def fetcher(session, viewer):
    """With the viewer's lines, the fetch that starts, and what it was started with."""
    future, started = FakeFetch(), []

    def start(entry, python, on_line):
        started.append((entry.name, python))
        on_line(f"{entry.name}: 1.0 MB of 2.0 MB (50%), 1.0 MB/s")
        return future

    session.settings.set("worker_python", sys.executable)
    return ModelFetcher(session, start), viewer, future, started


def test_a_fetch_in_the_viewer_is_told_about_on_its_thread(fetcher, session, fetched):
    fetcher, viewer, future, started = fetcher
    assert not fetcher.is_busy
    job = fetcher.fetch("Prot_Bert")
    assert fetcher.is_busy
    assert session.jobs == []  # they are not the worker's: nobody who waits for a drawing waits for them
    assert started == [("prot_bert", Path(sys.executable))]
    assert "1.68 GB, licence AFL-3.0" in viewer.lines[0]
    assert not any("MB/s" in line for line in viewer.lines)  # nothing from the other thread yet
    assert fetcher.describe() == ["fetching prot_bert: half way"]
    with pytest.raises(InputError, match=r"half way.*stop=1"):
        fetcher.fetch("prot_bert")
    future.set_result(fetched)
    session.wait(job)
    assert job.result() == fetched
    assert any("MB/s" in line for line in viewer.lines)
    assert "every checksum right" in viewer.lines[-2]
    assert fetcher.describe() == ["nothing is being fetched"]
    assert not fetcher.is_busy


def test_a_fetch_in_the_viewer_is_stopped(fetcher, session):
    fetcher, viewer, _, _ = fetcher
    job = fetcher.fetch("esm2_8m")
    assert fetcher.stop("esm1b") == []
    assert fetcher.stop() == ["esm2_8m"]
    session.wait(job)
    assert isinstance(job.error, JobCancelledError)
    assert viewer.warnings == ["stopped. go on."]


def test_names_are_in_lower_case_and_no_two_are_the_same():
    names = [entry.name for entry in list_registry()]
    assert names == [name.lower() for name in names]


def test_a_manifest_of_other_types_is_no_harm(fetched):
    values = {
        "recorded": {"best_heads": 5, "default_head": "1-1", "n_layers": "x"},
        "files": {"config.json": 3, "vocab.txt": {"size": "x"}},
    }
    (fetched / store.MANIFEST).write_text(json.dumps(values))
    entry = find_model("prot_bert")
    assert (entry.n_layers, entry.best_heads["contact"][0].head.label) == (30, "30-14")
    assert store.check_files(fetched) == 0
