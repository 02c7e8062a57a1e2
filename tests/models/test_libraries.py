"""transformers without what no model needs, and with it where it cannot be had otherwise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from provis_core.system.paths import core_dir
from tests.patience import PATIENCE

pytest.importorskip("torch")
pytest.importorskip("transformers")

LEAN = """
import sys
from provis_core.models import libraries
stages = []
network = libraries.import_network("BertModel", stages.append)
assert stages == ["importing torch", "importing transformers"], stages
came = {"torch._dynamo", "scipy", "jinja2", "torch.distributed.tensor"} & set(sys.modules)
assert not came, came
assert libraries.import_network("BertModel", stages.append) is network and len(stages) == 2
assert libraries.import_network("NoSuchModel") is None
import torch
assert torch.distributed.is_available()
import torch._dynamo
assert torch._dynamo.is_compiling() is False and torch._dynamo.__file__  # the real one
"""

GENERATION = """
import torch
from provis_core.models import libraries
libraries.import_network("T5EncoderModel")
import transformers
sizes = {"vocab_size": 33, "d_model": 16, "d_ff": 16, "d_kv": 8, "num_layers": 1, "num_heads": 2}
config = transformers.T5Config(**sizes, decoder_start_token_id=0)
answer = transformers.T5ForConditionalGeneration(config).generate(torch.tensor([[1, 2]]), max_new_tokens=2)
assert answer.shape == (1, 3), answer
transformers.XLNetLMHeadModel(transformers.XLNetConfig(vocab_size=33, d_model=16, n_layer=1, n_head=2))
"""

REMEMBERED = """
import os, sys
from provis_core.models import libraries
from provis_core.system.paths import cache_dir
assert issubclass(libraries.import_network("BertModel"), sys.modules["torch"].nn.Module)
for name in ("EsmModel", "T5EncoderModel", "XLNetModel", "ModernBertModel", "RoFormerModel", "AlbertModel"):
    assert libraries.import_network(name).__name__ == name
from transformers.utils import import_utils
(file,) = (cache_dir() / "libraries").iterdir()
plain = import_utils.create_import_structure_from_path
models = os.path.join(os.path.dirname(sys.modules["transformers"].__file__), "models")
assert plain(models) == plain.args[0](models) and plain(models + "/__init__.py") is plain(models)
"""

OTHER_VERSION = """
import contextlib, sys
from provis_core.models import libraries

@contextlib.contextmanager
def spoil():
    import transformers
    sys.modules["transformers.modeling_utils"] = None
    yield

libraries._lean = spoil
network = libraries.import_network("BertModel")
assert issubclass(network, sys.modules["transformers"].PreTrainedModel)
assert "torch._dynamo" in sys.modules
"""

BROKEN = """
import sys
from provis_core.errors import InstallError
from provis_core.models import libraries
sys.modules["transformers"] = None
try:
    libraries.import_network("BertModel")
except InstallError as error:
    assert str(error).startswith("transformers cannot be imported (import of transformers halted"), error
else:
    raise AssertionError("imported")
"""


def test_what_transformers_finds_in_its_files_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first process keeps the list, and the second has the same one."""
    monkeypatch.setenv("PROVIS_HOME", str(tmp_path))
    run(REMEMBERED)
    (file,) = tmp_path.rglob("transformers_*.json")
    kept = file.read_bytes()
    run(REMEMBERED)
    assert file.read_bytes() == kept


FILES = {
    "esm": {
        frozenset(): {"configuration_esm": {"EsmConfig"}},
        frozenset({"torch"}): {"modeling_esm": {"EsmModel"}},
    }
}


@pytest.mark.parametrize(
    "spoil", ["{", "{}", '{"files": [[1, 2]]}', '{"files": {"names": 3}}', '{"files": 3}']
)
def test_a_damaged_list_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str) -> None:
    from provis_core.models import library_files

    monkeypatch.setenv("PROVIS_HOME", str(tmp_path / "home"))
    folder, reads = tmp_path / "models", []
    folder.mkdir()

    def read(path: str) -> object:
        reads.append(path)
        return FILES

    for _ in range(2):
        assert library_files._read_files(read, {}, folder) == FILES
    assert len(reads) == 1
    (file,) = (tmp_path / "home").rglob("transformers_*.json")
    file.write_text(spoil)
    assert library_files._read_files(read, {}, folder) == FILES and len(reads) == 2
    assert library_files._read_files(read, {}, str(folder)) == FILES and len(reads) == 2
    (folder / "new").mkdir()  # another state of the package
    assert library_files._read_files(read, {}, folder) == FILES and len(reads) == 3


@pytest.mark.parametrize(
    "code", [LEAN, GENERATION, OTHER_VERSION, BROKEN], ids=["lean", "generation", "other version", "broken"]
)
def test_imports(code: str) -> None:
    run(code)


def run(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=core_dir().parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
