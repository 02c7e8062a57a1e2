"""transformers without what no model needs, and with it where it cannot be had otherwise."""

from __future__ import annotations

import subprocess
import sys

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


@pytest.mark.parametrize("code", [LEAN, OTHER_VERSION, BROKEN], ids=["lean", "other version", "broken"])
def test_imports(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=core_dir().parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
