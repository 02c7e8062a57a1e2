"""Fetching against a small hub on this computer, and what the store says about what came."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import sys
from pathlib import Path

import pytest

from provis_core.checkpoints import registry, store
from provis_core.checkpoints.config import read_config
from provis_core.checkpoints.fetch import choose_files, fetch_model
from provis_core.cli import main
from provis_core.errors import CheckpointError, InputError, InstallError, JobCancelledError
from provis_core.worker.host import fetching
from tests.models.local_hub import COMMIT, LARGE, LocalHub, make_environ, make_files
from tests.patience import PATIENCE, wait_until

needs_hub = pytest.mark.skipif(
    importlib.util.find_spec("huggingface_hub") is None, reason="huggingface_hub is not installed"
)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    monkeypatch.setenv("PROVIS_HOME", str(tmp_path / "home"))
    hub = LocalHub()
    yield hub
    hub.close()


@pytest.fixture
def entry(hub) -> registry.ModelEntry:
    return registry.ModelEntry("tape_bert", store.models_dir() / "tape_bert", hub="lab/tiny")


def fetch(hub: LocalHub, entry: registry.ModelEntry, lines: list[str] | None = None, **more: str):
    lines = [] if lines is None else lines
    return fetching.FetchFuture(entry, Path(sys.executable), lines.append, make_environ(hub, **more), 0.0)


@needs_hub
def test_only_what_is_needed_comes_and_is_recorded(hub, entry):
    lines: list[str] = []
    folder = fetch(hub, entry, lines).result(PATIENCE)
    assert folder == store.models_dir() / "tape_bert"
    names = ["config.json", "model.safetensors", store.MANIFEST, "vocab.txt"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    assert read_config(folder).n_layers == 2
    assert any("revision " + COMMIT in line for line in lines)  # it was not pinned, so it is told
    assert any("1.0 MB of 1.0 MB (100%)" in line for line in lines)

    assert store.check_files(folder) == 3
    found = registry.find_entry("tape_bert")  # registered without revision, size, licence, parameters
    assert (found.revision, found.license, found.n_parameters) == (COMMIT, "mit", LARGE)
    assert found.unverified == ("trained length",)
    registered = next(one for one in registry._read_file(registry.resources_dir()) if one.name == "tape_bert")
    told = "\n".join(fetching.describe_fetched(registered, folder))
    assert "every checksum right" in told
    assert f"recorded: revision {COMMIT}, parameters {LARGE}" in told
    assert "BUT: layers registered 12, in the files 2" in told
    assert not store.partial_dir("tape_bert").exists()
    assert not list(store.models_dir().glob("*.lock"))


@needs_hub
def test_a_broken_connection_is_resumed_in_the_same_fetch(hub, entry):
    hub.cut_after = [300_000, 300_000]
    folder = fetch(hub, entry).result(PATIENCE)
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    ranges = [asked for name, asked in hub.served if name == "model.safetensors"]
    assert len(ranges) == 3
    assert ranges[0] == ""
    assert 0 < int(ranges[1][6:-1]) < int(ranges[2][6:-1])


@needs_hub
def test_a_stopped_fetch_keeps_what_came_and_the_next_one_goes_on(hub, entry):
    hub.go_on.clear()
    future = fetch(hub, entry)
    incomplete = store.partial_dir("tape_bert") / "model.safetensors.incomplete"
    wait_until(lambda: incomplete.is_file() and incomplete.stat().st_size > 100_000)
    with pytest.raises(CheckpointError, match=r"half downloaded.*«fetch tape_bert»"):
        registry.find_model("tape_bert")
    assert future.cancel()
    with pytest.raises(JobCancelledError, match="goes on from there"):
        future.result(PATIENCE)
    kept = incomplete.stat().st_size
    assert 100_000 < kept < LARGE

    hub.go_on.set()
    folder = fetch(hub, entry).result(PATIENCE)
    assert hub.served[-1] == ("model.safetensors", f"bytes={kept}-")
    assert store.check_files(folder) == 3


@needs_hub
@pytest.mark.parametrize("name", ["model.safetensors", "vocab.txt"])
def test_a_wrong_checksum_is_refused_and_the_file_removed(hub, entry, name):
    hub.wrong = name
    with pytest.raises(CheckpointError, match=f"{name} came with another size or checksum"):
        fetch(hub, entry).result(PATIENCE)
    assert not store.models_dir().joinpath("tape_bert").exists()
    assert not (store.partial_dir("tape_bert") / name).exists()
    hub.wrong = ""
    assert store.check_files(fetch(hub, entry).result(PATIENCE)) == 3


@needs_hub
def test_a_pinned_revision_is_asked_for_and_a_proxy_is_used(hub, entry):
    pinned = dataclasses.replace(entry, revision=COMMIT)
    environ = {"HF_ENDPOINT": "http://hub.invalid", "HTTP_PROXY": hub.url, "NO_PROXY": "", "no_proxy": ""}
    fetch(hub, pinned, **environ).result(PATIENCE)
    assert hub.asked == [f"/api/models/lab/tiny/revision/{COMMIT}"]


@needs_hub
def test_any_repository_of_the_hub_is_fetched_by_its_id(hub):
    with pytest.raises(CheckpointError, match=r"no folder Lab/Tiny.*«fetch Lab/Tiny»"):
        registry.find_model("Lab/Tiny")
    folder = fetch(hub, registry.find_entry("Lab/Tiny")).result(PATIENCE)
    entry = registry.find_model("lab/tiny")
    assert (entry.name, entry.folder, entry.revision) == ("lab--tiny", folder, COMMIT)
    assert registry.find_model("lab--tiny") is entry
    assert entry in registry.list_models()
    assert store.remove_model("lab--tiny") == [folder]
    assert registry.find_entry("Rostlab/prot_bert").name == "prot_bert"


@needs_hub
def test_what_went_wrong_is_said_in_words(hub, entry):
    hub.status = 404
    with pytest.raises(CheckpointError, match=r"lab/tiny could not be fetched from http://127.0.0.1"):
        fetch(hub, entry).result(PATIENCE)
    hub.status = 200
    hub.close()
    with pytest.raises(CheckpointError, match="HTTPS_PROXY and HF_ENDPOINT"):
        fetch(hub, entry).result(PATIENCE)


@needs_hub
@pytest.mark.skipif(sys.platform == "win32", reason="a file size limit stands for a full disk")
def test_a_full_disk_is_called_that(hub, entry, tmp_path):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nulimit -f 500\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    future = fetching.FetchFuture(entry, python, lambda _: None, make_environ(hub))
    with pytest.raises(
        CheckpointError, match=r"tape_bert.partial cannot be written.*the same command goes on"
    ):
        future.result(PATIENCE)
    assert fetch(hub, entry).result(PATIENCE).is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for the worker's Python")
def test_what_a_library_prints_is_no_message(entry, tmp_path):
    python = tmp_path / "python"
    script = f"""#!/bin/sh
echo 5
echo '{"[" * 20_000}'
head -c 3000000 /dev/zero
echo
echo '{{"kind": "done", "folder": "{tmp_path}"}}'
"""
    python.write_text(script)
    python.chmod(0o755)
    assert fetching.FetchFuture(entry, python, lambda _: None).result(PATIENCE) == tmp_path


@needs_hub
def test_two_programs_do_not_fetch_the_same_model(hub, entry):
    hub.go_on.clear()
    first = fetch(hub, entry)
    wait_until(lambda: hub.served)
    with pytest.raises(InputError, match="being fetched already"):
        fetch(hub, entry).result(PATIENCE)
    hub.go_on.set()
    assert store.check_files(first.result(PATIENCE)) == 3


def test_a_package_brings_its_files(hub, monkeypatch, tmp_path):
    package = tmp_path / "site" / "some_antibody_model"
    (package / "trained").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('it is not to be imported')")
    files = make_files()
    (package / "vocab.txt").write_bytes(files["vocab.txt"])
    for name in ("config.json", "pytorch_model.bin", "training_args.bin"):
        (package / "trained" / name).write_bytes(files[name])
    monkeypatch.syspath_prepend(package.parent)
    folder = fetch_model("antiberty", "", "", package.name, lambda *_: None, lambda _: None)
    assert {path.name for path in folder.iterdir()} == {
        "config.json", "vocab.txt", "pytorch_model.bin", store.MANIFEST,
    }  # fmt: skip
    with pytest.raises(InstallError, match="pip install no_such_package"):
        fetch_model("esm1b", "", "", "no_such_package", lambda *_: None, lambda _: None)


def test_safetensors_are_preferred_and_shards_are_complete():
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    names = ["config.json", "tf_model.h5", "pytorch_model.bin", "model.safetensors.index.json", *shards]
    assert choose_files(names) == ["config.json", "model.safetensors.index.json", *shards]
    assert choose_files(["config.json", "spiece.model", "pytorch_model.bin", "pytorch_model_600k.bin"]) == [
        "config.json", "spiece.model", "pytorch_model.bin",
    ]  # fmt: skip
    with pytest.raises(CheckpointError, match=r"config.json and one of"):
        choose_files(["config.json", "flax_model.msgpack"])
    with pytest.raises(CheckpointError, match=r"adapter \(LoRA\).*merge_and_unload"):
        choose_files(["adapter_config.json", "adapter_model.safetensors", "config.json", "model.safetensors"])


@pytest.fixture
def fetched(hub, tmp_path) -> Path:
    """A folder as a fetch on another computer leaves it."""
    return write_fetched(hub, tmp_path / "usb" / "anything")


def write_fetched(hub: LocalHub, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: content for name, content in hub.files.items() if not name.endswith((".bin", ".md"))}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    entries = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    }
    store.write_manifest(folder, store.Manifest("esm2_8m", "lab/tiny", COMMIT, entries, {"n_heads": 2}))
    return folder


def test_a_registered_name_is_not_given_to_another_vocabulary(fetched):
    """Wherever the folder is from: added, or in the folder of the hub's own client."""
    assert store.add_folder(fetched) == "esm2_8m"
    with pytest.raises(CheckpointError, match=r"has L at place 5, and its authors published 4"):
        registry.find_model("esm2_8m")


def test_a_copied_folder_is_added_under_its_registered_name(fetched, hub):
    hub.pass_for_esm2()
    write_fetched(hub, fetched)
    assert store.add_folder(fetched) == "esm2_8m"
    found = registry.find_model("ESM2_8M")
    assert (found.folder, found.is_added, found.license) == (fetched, True, "MIT")
    assert store.remove_model("esm2_8m") == [fetched]
    assert (fetched / "config.json").is_file()
    assert not registry.find_entry("esm2_8m").is_on_disk


def test_a_folder_is_added_under_a_name_of_the_user(fetched):
    assert store.add_folder(fetched, "Mine") == "mine"
    assert registry.find_model("mine").folder == fetched
    (fetched / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"is gone from .*provis models remove mine"):
        registry.find_model("mine")
    with pytest.raises(InputError, match="letters, digits"):
        store.add_folder(make_again(fetched), "no spaces")


def make_again(folder: Path) -> Path:
    (folder / "config.json").write_bytes(make_files()["config.json"])
    return folder


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), r"it has \d+ of \d+ bytes"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"), "checksum"),
    ],
)
def test_damage_is_named(fetched, damage, message):
    assert store.check_files(fetched) == 3
    damage(fetched / "model.safetensors")
    with pytest.raises(CheckpointError, match=rf"model.safetensors.*{message}.*«fetch esm2_8m»"):
        store.check_files(fetched)


def test_remove_takes_fetched_and_half_fetched_files_and_nothing_else(hub):
    for folder in (store.models_dir() / "esm1b", store.partial_dir("esm1b"), store.models_dir() / "esm2_8m"):
        folder.mkdir(parents=True)
        (folder / "config.json").touch()
    assert len(store.remove_model("esm1b")) == 2
    assert store.remove_model("..") == []
    assert [path.name for path in store.models_dir().iterdir()] == ["esm2_8m"]


# -- a hub that lies ------------------------------------------------------------------------------------


@needs_hub
def test_another_commit_than_the_pinned_one_is_refused(hub, entry):
    pinned = dataclasses.replace(entry, revision="f" * 40)
    with pytest.raises(CheckpointError, match=f"has commit {COMMIT} of lab/tiny for {'f' * 40}"):
        fetch(hub, pinned).result(PATIENCE)
    assert not entry.folder.exists()


@needs_hub
def test_a_vocabulary_in_another_order_is_refused(hub, entry):
    """Its checksum is right: the mirror made it, too."""
    hub.files["vocab.txt"] = hub.files["vocab.txt"].replace(b"L\nA\n", b"A\nL\n")
    known = dataclasses.replace(entry, letters=(5, "LAGVESIKRDTPNQFYMHCWXUBZO"))
    with pytest.raises(CheckpointError, match=r"has L at place 6, and its authors published 5"):
        fetch(hub, known).result(PATIENCE)
    assert not entry.folder.exists()
    hub.files = make_files()
    assert fetch(hub, known).result(PATIENCE) == entry.folder


@needs_hub
def test_a_login_page_is_called_that(hub, entry):
    hub.page = b"<html>please log in</html>"
    with pytest.raises(CheckpointError, match="a login page of the network often stands in its place"):
        fetch(hub, entry).result(PATIENCE)


@needs_hub
def test_what_has_no_checksum_is_called_unverified(hub, entry):
    hub.names_checksums = False
    hub.wrong = "model.safetensors"
    folder = fetch(hub, entry).result(PATIENCE)
    told = fetching.describe_fetched(entry, folder)[0]
    assert "unverified: no checksum is named for config.json, vocab.txt, model.safetensors" in told
    assert "checksum right" not in told
    assert store.check_files(folder) == 3  # by the checksums that were recorded


@needs_hub
def test_more_bytes_than_named_are_not_kept(hub, entry):
    hub.extra = 3_000_000
    with pytest.raises(CheckpointError, match=r"model\.safetensors is longer than the \d+ bytes"):
        fetch(hub, entry).result(PATIENCE)
    assert store.partial_bytes(entry.name) < LARGE


@needs_hub
@pytest.mark.parametrize(
    ("status", "message", "largest"),
    [
        (200, "a login page of the network often stands in its place", 100_000_000),
        (404, "A repository and revision that exist there are needed", 32_000_000),
        (302, "", 32_000_000),
    ],
)
def test_an_answer_of_the_hub_that_never_ends_is_not_read_whole(hub, entry, status, message, largest):
    """A list of files up to the limit of JSON; of an error or a redirection only what the sockets hold."""
    hub.never_ends = status
    if message:
        with pytest.raises(CheckpointError, match=message):
            fetch(hub, entry).result(PATIENCE)
    else:
        assert store.check_files(fetch(hub, entry).result(PATIENCE)) == 3
    assert 0 < hub.n_endless < largest


@needs_hub
def test_answers_that_end_early_without_a_length_are_gone_on_with(hub, entry):
    hub.names_length = False
    hub.cut_after = [50_000] * 12  # more often than a fetch tries again where nothing comes
    folder = fetch(hub, entry).result(PATIENCE)
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    assert [asked for name, asked in hub.served if name == "model.safetensors"][3] == "bytes=150000-"


# -- what others have fetched ---------------------------------------------------------------------------


@pytest.fixture
def kept(hub, monkeypatch, tmp_path):
    """A snapshot in the folder of the hub's own client."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    place = tmp_path / "hub" / "models--lab--tiny"
    blobs, snapshot = place / "blobs", place / "snapshots" / COMMIT
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for sibling in hub.describe()["siblings"]:
        name = sibling["rfilename"]
        blob = blobs / sibling.get("lfs", {}).get("sha256", sibling["blobId"])
        blob.write_bytes(hub.files[name])
        (snapshot / name).symlink_to(blob)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(COMMIT)
    return snapshot


def test_a_model_of_the_hubs_own_client_is_used_as_it_is(kept, hub):
    entry = registry.find_model("lab/tiny")
    assert (entry.folder, entry.revision, entry.is_on_disk) == (kept, COMMIT, True)
    assert store.remove_model(entry.name) == []
    assert hub.asked == []


@needs_hub
def test_fetching_what_the_client_has_asks_for_nothing(kept, hub, entry):
    lines: list[str] = []
    assert fetch(hub, entry, lines).result(PATIENCE) == kept
    assert "kept by the hub's own client" in lines[0] and hub.asked == []


@needs_hub
def test_files_of_another_snapshot_are_not_downloaded_again(kept, hub, entry):
    (kept.parent.parent / "refs" / "main").unlink()
    folder = fetch(hub, entry).result(PATIENCE)
    assert hub.served == [] and store.check_files(folder) == 3


def test_a_half_fetched_snapshot_is_no_model(kept):
    (kept / "model.safetensors").unlink()
    (kept / "pytorch_model.bin").unlink()
    assert not registry.find_entry("lab/tiny").is_on_disk


@needs_hub
def test_an_unregistered_model_is_fetched_by_the_name_that_was_typed(hub, monkeypatch, capsys):
    for name, value in make_environ(hub).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PROVIS_WORKER_PYTHON", sys.executable)
    assert main(["models", "fetch", "Lab/Tiny"]) == 0
    assert "lab--tiny is ready: 3 files" in capsys.readouterr().out
    assert registry.find_model("Lab/Tiny").is_on_disk


def test_fair_esms_own_format_is_called_that(hub, tmp_path):
    path = tmp_path / "esm2_t6_8M_UR50D.pt"
    path.write_bytes(b"PK")
    with pytest.raises(CheckpointError, match=r"in fair-esm's own format.*«fetch esm2_8m»"):
        registry.find_model(str(path))
    (tmp_path / "weights.bin").write_bytes(b"PK")
    with pytest.raises(CheckpointError, match=r"weights\.bin is a file of weights alone\. A folder"):
        registry.find_entry(str(tmp_path / "weights.bin"))
