"""What a user types: arguments, help, completion, waiting, and what the console says."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provis_core.system.jobs import Job
from tests.tiny_checkpoints import write_provis_json, write_tiny_bert

from .drawings import read_cylinders
from .structures import SEEN_1HPV

Console = Callable[..., list[str]]


def test_the_command_of_the_first_page(cmd: Any, hpv: str, console: Console, bert: Path) -> None:
    console(f"provis_set model, {bert}")
    lines = console("provis_attn chain A, layer=12, head=4")
    assert read_cylinders(cmd, "provis_1hpv_A_12-4").radius.max() == pytest.approx(0.4)
    report, strongest, near, legend, timing = lines
    assert re.fullmatch(
        r" ProVis: 1hpv chain A, 99 residues of the full sequence \(SEQRES of 1hpv.pdb\), 0 not resolved, "
        r"tiny_bert 12-4: 69 of 4851 pairs have attention >= 0\.1 "
        r"\(direction=max, min_sep=1\), all drawn as provis_1hpv_A_12-4",
        report,
    )
    assert re.fullmatch(r"   strongest: (A/[A-Z]{3}\d+ - A/[A-Z]{3}\d+ 0\.\d\d(, |$)){5}", strongest)
    assert re.fullmatch(
        r"   \d+ of 69 drawn are near in the sequence \(\|i-j\| < 6\), \d+ far, of which \d+ are contacts "
        r"\(CA-CA < 8 Å\), \d+\.\d by chance at their separations; min_sep=6 leaves them out",
        near,
    )
    assert legend.startswith("   colour and radius: blue_orange, attention 0.1 to 0.")
    assert re.fullmatch(r"   \d+\.\d s, (run on cpu float32|read from the cache)", timing)


def test_neighbours_in_the_sequence_are_left_out_for_good(
    cmd: Any, hpv: str, console: Console, bert: Path
) -> None:
    console("provis_set min_sep, 6")
    lines = console(f"provis_attn chain A, 12, 4, {bert}")
    assert "(direction=max, min_sep=6)" in lines[0]
    assert "leaves them out" not in "".join(lines)
    assert re.fullmatch(r"   \d+ far, of which \d+ are contacts .* by chance at their separations", lines[2])
    assert "(direction=max, min_sep=1)" in console(f"provis_attn chain A, 12, 4, {bert}, min_sep=1")[0]


@pytest.mark.parametrize(
    "line",
    [
        "provis_attn chain A, 12, 4, {model}, 0.05, 30, 6, mean, magma, 0.8, heads, ends, 1, 0",
        "provis_attn chain A, head=4, layer=12, model={model}, min_attn=0.05, top=30, min_sep=6, "
        "direction=mean, palette=magma, radius=0.8, name=heads, sele=ends, wait=1, quiet=0",
        "provis_attn (chain A), 12, 4, model={model}, min_sep=6, direction=mean, top=30, min_attn=.05, "
        "palette=magma, radius=0.8, name=heads, sele=ends",
    ],
    ids=["by place", "by name", "mixed"],
)
def test_all_arguments(cmd: Any, hpv: str, console: Console, bert: Path, line: str) -> None:
    text = "\n".join(console(line.format(model=bert)))
    assert "(direction=mean, min_sep=6), the strongest 30 drawn as heads (top=30; top=0 draws all)" in text
    assert "colour and radius: magma, attention 0.05 to" in text
    cylinders = read_cylinders(cmd, "heads")
    assert len(cylinders) == 30
    assert cylinders.radius.max() == pytest.approx(0.8)
    assert cmd.count_atoms("ends") > 0


def test_directed_says_which_end_is_which(hpv: str, console: Console, bert: Path) -> None:
    lines = console(f"provis_attn chain A, 12, 4, {bert}, direction=directed")
    assert " -> " in lines[1]
    assert lines[3].endswith("the grey end attends (query), the coloured end is attended to (key)")


def test_two_objects_and_several_chains_are_named(cmd: Any, hpv: str, console: Console, bert: Path) -> None:
    cmd.create("copy", "1hpv and chain B", zoom=0)
    text = "\n".join(console(f"provis_attn model={bert}"))
    for chain in ("1hpv chain A", "1hpv chain B", "copy chain B"):
        assert f"ProVis: {chain}, {SEEN_1HPV}" in text
    cmd.disable("1hpv")
    text = "\n".join(console(f"provis_attn model={bert}"))
    assert "1hpv chain" not in text  # by default what is enabled
    assert "copy chain B" in text


def test_what_a_model_says_of_itself_is_always_shown(hpv: str, console: Console, tmp_path: Path) -> None:
    folder = write_tiny_bert(tmp_path / "fresh", n_layers=2)
    write_provis_json(folder, status="untrained", note="conclusions need a trained one", default_head="2-3")
    for quiet in (0, 1):
        lines = console(f"provis_attn chain A, model={folder}, quiet={quiet}, top=3")
        assert lines[0] == " ProVis: fresh: untrained: conclusions need a trained one"
        assert "fresh 2-3: " in lines[1]  # the head that the model names


def test_quiet_says_only_what_must_not_be_missed(hpv: str, console: Console, bert: Path) -> None:
    assert console(f"provis_attn chain A, 12, 4, {bert}, quiet=1") == []
    (line,) = console(f"provis_attn chain A, 12, 4, {bert}, top=5, quiet=1")
    assert "the strongest 5 drawn" in line


@pytest.mark.parametrize(
    "name", ["attn", "clear", "cancel", "wait", "status", "models", "model", "set", "doctor"]
)
def test_help_and_usage(console: Console, commands: dict[str, Any], name: str) -> None:
    name = f"provis_{name}"
    text = "\n".join(console(f"help {name}"))
    for section in ("DESCRIPTION", "USAGE"):
        assert section in text
    usage = "\n".join(console(f"{name} ?"))
    assert usage.startswith(f"Usage: {name}")
    parameters = [p.name for p in inspect.signature(commands[name]).parameters.values() if p.name != "_self"]
    for parameter in parameters:
        assert parameter in usage
        if parameter not in ("quiet", "wait") or name == "provis_attn":
            assert f"{parameter} = " in text, f"{parameter} is not documented"
    assert "app:" not in usage + text


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("provis_a", "provis_attn "),
        ("provis_attn cha", "provis_attn chain"),
        ("provis_attn 1h", "provis_attn 1hpv"),
        ("provis_attn chain A, lay", "provis_attn chain A, layer="),
        ("provis_attn chain A, 12, 4, provis_m", "provis_attn chain A, 12, 4, provis_mini"),
        ("provis_attn chain A, model=provis_m", "provis_attn chain A, model=provis_mini"),
        ("provis_attn chain A, direction=di", "provis_attn chain A, direction=directed"),
        ("provis_attn chain A, color_by=con", "provis_attn chain A, color_by=contact"),
        ("provis_attn chain A, palette=mag", "provis_attn chain A, palette=magma"),
        ("provis_attn chain A, 1, 1, m, 0.1, 5, 1, dir", "provis_attn chain A, 1, 1, m, 0.1, 5, 1, direct"),
        ("provis_figure a.pdf, theme=d", "provis_figure a.pdf, theme=dark"),
        ("provis_figure a.pdf, what=pro", "provis_figure a.pdf, what=profile"),
        ("provis_panel chain A, metric=ent", "provis_panel chain A, metric=entropy"),
        ("provis_model provis_m", "provis_model provis_mini"),
        ("provis_set pal", "provis_set palette"),
        ("provis_clear provis_1hpv_A", "provis_clear provis_1hpv_A_12-4"),
    ],
)
def test_completion(cmd: Any, hpv: str, attn: Callable[..., Any], typed: str, completed: str) -> None:
    attn("chain A")
    assert cmd._parser.complete(typed) == completed


def test_completion_offers_the_chains(cmd: Any, hpv: str, commands: Any, capsys: Any) -> None:
    cmd.alter("chain B", "chain='QQ'")
    assert cmd._parser.complete("provis_attn chain Q") == "provis_attn chain QQ"
    capsys.readouterr()
    cmd._parser.complete("provis_attn chain A, ")
    offered = capsys.readouterr().out
    assert all(f"{name}=" in offered for name in ("layer", "head", "model", "min_attn", "sele"))


def test_a_script_can_rely_on_each_line(
    cmd: Any, hpv: str, console: Console, bert: Path, tmp_path: Path
) -> None:
    script = tmp_path / "figure.pml"
    script.write_text(
        f"provis_attn chain A, 12, 4, model={bert}, sele=ends\n"
        "show sticks, ends\n"
        f"provis_attn chain B, 3, 2, model=%s, wait=0\n" % bert + "provis_wait\n"
        "set_name provis_1hpv_B_3-2, kept\n"
    )
    console(f"@{script}")
    assert cmd.count_atoms("rep sticks and ends") == cmd.count_atoms("ends") > 0
    assert "kept" in cmd.get_names("objects")


def test_wait_0_returns_at_once(cmd: Any, hpv: str, attn: Any, commands: Any, session: Any) -> None:
    job = attn("chain A", 5, 1, wait=0)
    assert isinstance(job, Job)
    assert cmd.get_names("all") == ["1hpv"]
    assert any("running: attention of 1hpv chain A" in line for line in commands["provis_status"]())
    assert commands["provis_wait"]() is True
    assert [item.name for item in job.value] == ["provis_1hpv_A_5-1"]
    assert cmd.get_names("all") == ["1hpv", "provis_1hpv_A_5-1", "provis"]
    assert commands["provis_status"]()[-1] == "nothing is running"


def test_cancel_leaves_what_was_drawn(cmd: Any, hpv: str, attn: Any, commands: Any, bert: Path) -> None:
    attn("chain A")
    names = cmd.get_names("all")
    job = attn("chain A", 6, 2, wait=False)
    assert commands["provis_cancel"]() == [job.label]
    with pytest.raises(Exception, match="cancelled"):
        commands["provis_wait"]()
    assert cmd.get_names("all") == names
    assert commands["provis_cancel"]() == []


def test_what_the_functions_return(cmd: Any, hpv: str, attn: Any, commands: Any, bert: Path) -> None:
    (drawn,) = attn("chain A", 12, 4, top=7)
    assert (drawn.name, drawn.edges.n_edges, drawn.chain.label) == ("provis_1hpv_A_12-4", 7, "1hpv chain A")
    assert commands["provis_model"](str(bert)) == str(bert)
    assert any(str(bert) in line for line in commands["provis_models"]())
    assert commands["provis_set"]("top", 5) == ["top = 5"]
    assert attn("chain A")[0].edges.n_edges == 5
    assert attn("chain A", top=0)[0].edges.n_edges == 69
    assert len(commands["provis_set"]()) > 5
    assert commands["provis_clear"]() == ["provis_1hpv_A_12-4"]


def test_the_limit_of_max_pairs_is_said_and_can_be_lifted(hpv: str, console: Console, bert: Path) -> None:
    console("provis_set max_pairs, 40")
    text = "\n".join(console(f"provis_attn chain A, 12, 4, {bert}, top=0"))
    assert "69 of 4851" in text
    assert "the strongest 40 drawn as provis_1hpv_A_12-4 (provis_set max_pairs, 69 lifts this limit" in text
    console("provis_set max_pairs, 69")
    assert "all drawn as" in "\n".join(console(f"provis_attn chain A, 12, 4, {bert}, top=0"))


def test_the_doctor_at_the_console(console: Console) -> None:
    text = "\n".join(console("provis_doctor"))
    assert "ProVis" in text
    assert "worker: Python 3." in text
    assert "torch" in text
