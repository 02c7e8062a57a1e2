import subprocess
import sys
from pathlib import Path

import pytest

import provis_core
from provis_core import errors
from provis_core.checkpoints.registry import find_model, list_models
from provis_core.errors import ProvisError, error_from_name

ROOT = Path(__file__).resolve().parents[2]


def test_all_names_exist_and_none_is_forgotten():
    assert all(hasattr(provis_core, name) for name in provis_core.__all__)
    public = {name for name, value in vars(provis_core).items() if isinstance(value, type)}
    assert public <= set(provis_core.__all__)


def test_importing_the_host_side_loads_nothing_heavy():
    code = (
        "import sys, provis_core, provis_core.app, provis_core.worker.host.client;"
        "print([m for m in ('torch', 'transformers', 'Bio', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


AFTER_THE_START = (
    *(
        "actions.work",
        "checkpoints.registry",
        "exports",
        "figures",
        "inspection",
        "scoring",
        "session.fetching",
    ),
    *("survey", "worker.host.client", "worker.tasks", "worker.wire"),
)


def test_a_viewer_starts_without_what_a_command_does():
    """Each of these rooms costs a PyMOL that is started milliseconds: tests/benchmarks/startup.py."""
    code = (
        "import provis_core.app;"
        "import plugin.viewers.pymol_commands;"
        "provis_core.actions.known_commands();"
        "print(*(m for m in sys.modules if m.startswith('provis_core.')))"
    )
    # without PyMOL: what stands in for the package does not run its entry
    stand_in = (
        "import sys, types; package = types.ModuleType('plugin');"
        "package.__path__ = ['plugin']; sys.modules['plugin'] = package;"
    )
    done = subprocess.run(
        [sys.executable, "-c", stand_in + code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = done.stdout.split()
    assert "provis_core.actions.attention" in loaded
    late = tuple(f"provis_core.{name}" for name in AFTER_THE_START)
    assert [name for name in loaded if f"{name}.".startswith(tuple(f"{one}." for one in late))] == []


def test_the_plugin_can_be_imported_where_there_is_no_pymol():
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import plugin, plugin.viewers; print(plugin.__all__)"
    )
    bare = [sys.executable, "-S", "-c", code]  # without any package that is installed
    done = subprocess.run(bare, capture_output=True, text=True, check=False, cwd="/")
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_an_error_says_three_things_and_survives_the_wire():
    error = errors.HeadRangeError("layer=13", "12 layers", "Choose less.")
    assert str(error) == "layer=13. 12 layers. Choose less."
    again = error_from_name("HeadRangeError", error.got, error.need, error.do)
    assert type(again) is errors.HeadRangeError
    assert str(again) == str(error)
    assert type(error_from_name("FromTheFuture", "a", "b", "c")) is errors.WorkerError


def test_the_tree_of_errors_is_complete():
    classes = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert classes <= set(errors.__all__) | {"ProvisError"}
    for name in classes:
        assert issubclass(getattr(errors, name), ProvisError)
        assert name in errors.__doc__


def test_models_are_found_by_name_in_any_case_and_by_folder(tmp_path):
    assert find_model("PROVIS_MINI") is list_models()[0]
    assert find_model(str(tmp_path)).folder == tmp_path.resolve()
    with pytest.raises(errors.UnknownModelError, match="Did you mean provis_mini"):
        find_model("provismini")
