"""One user's session, for any PyMOL: the tests' own, and one that is another program."""

from __future__ import annotations

from typing import Any

__all__ = ["play"]


def play(
    cmd: Any, commands: dict[str, Any], model: str, hpv: str, structures: dict[str, str]
) -> dict[str, Any]:
    """Do what a user does, and tell what there is afterwards.

    Parameters
    ----------
    cmd : module
    commands : dict
        ProVis as Python functions.
    model, hpv : str
        Folder of a checkpoint, and the file of 1HPV.
    structures : dict of str to str
        Further files by the name of the object, with one of two chains called ``gaps``.

    Returns
    -------
    dict
        JSON values only.
    """
    attn, seen = commands["provis_attn"], {}
    cmd.load(hpv, "1hpv")
    view = _rounded(cmd.get_view())
    drawn = attn("chain A", 12, 4, model, top=60, sele="ends")
    seen["first"] = _describe(cmd, drawn)
    seen["ends"] = _residues(cmd, "ends")
    cmd.disable("provis")
    seen["directed"] = _describe(cmd, attn("chain B and resi 1-60", 3, 2, model, direction="directed", top=0))
    seen["camera stays"] = _rounded(cmd.get_view()) == view
    seen["enabled"] = cmd.get_names("all", enabled_only=1)
    cmd.translate([10, 0, 5], object="1hpv")
    cmd.rotate("x", 30, object="1hpv")
    seen["moved"] = _describe(cmd, attn("chain A", 12, 4, model, top=5))
    seen["mean"] = _describe(cmd, attn("chain A", model=model, heads="12-4+3-2", min_attn=0.05, top=5))
    seen["refused"] = [
        _refuse(attn, "chain Q", 12, 4, model),
        _refuse(attn, "chain A and", 12, 4, model),
        _refuse(attn, "solvent", 12, 4, model),
        _refuse(attn, "chain A", 13, 4, model),
        _refuse(attn, "chain A", "x", 4, model),
        _refuse(attn, "chain A", 12, 4, "provis_min"),
    ]
    job = attn("chain A", 9, 1, model, wait=0)
    cmd.set_name("1hpv", "other")
    seen["refused"].append(_refuse(commands["provis_wait"]))
    seen["job is done"] = job.is_done
    cmd.set_name("other", "1hpv")
    look: dict[str, Any] = {}
    cmd.iterate("all", "put((segi, chain, resi, name), (color, reps))", space={"put": look.__setitem__})
    shown = commands["provis_sites"]("chain A", "ligand", show="color+sticks+labels+dashes", sele="pocket")
    seen["site"] = [shown[0].labels, shown[0].legend, _residues(cmd, "pocket")]
    seen["site look"] = [cmd.count_atoms("color 0xe69f00"), cmd.count_atoms("rep sticks and polymer")]
    seen["site lines"] = _cylinders(cmd, shown[0].name)
    shown = commands["provis_contacts"]("1hpv", atom="CB", between="chains")
    seen["contacts"] = [[one.pairs.tolist(), _rounded(one.distances.tolist())] for one in shown]
    seen["help"] = [len(commands[name].__doc__) > 500 for name in ("provis_sites", "provis_contacts")]
    seen["cleared"] = commands["provis_clear"]()
    again: dict[str, Any] = {}
    cmd.iterate("all", "put((segi, chain, resi, name), (color, reps))", space={"put": again.__setitem__})
    seen["given back"] = look == again
    seen["left"] = cmd.get_names("all")
    cmd.delete("all")
    for name, path in sorted(structures.items()):
        cmd.load(path, name)
        seen[name] = _describe(cmd, attn(f"%{name}", 12, 4, model, sele="ends", min_attn=0.05))
        seen[f"{name} ends"] = _residues(cmd, "ends")
    seen["linked"] = _describe(cmd, attn("%gaps", 12, 4, model, link=1, min_attn=0.05, sele="ends"))
    seen["linked ends"] = _residues(cmd, "ends")
    seen["all"] = cmd.get_names("all")
    typed = ("provis_attn cha", "provis_attn chain A, 12, 4, provis_m", "provis_attn all, direction=me")
    seen["completed"] = [cmd._parser.complete(line) for line in typed]
    return seen


def _describe(cmd: Any, drawn: list[Any]) -> list[Any]:
    return [
        {
            "chain": item.chain.label,
            "sequence": item.sequence_map.sequence,
            "numbers": [residue.resi for residue in item.chain.residue_ids],
            "name": item.name,
            "pairs": [item.edges.query.tolist(), item.edges.key.tolist()],
            "weights": _rounded(item.edges.weight.tolist(), 5),
            "cylinders": _cylinders(cmd, item.name),
        }
        for item in drawn
    ]


def _cylinders(cmd: Any, name: str) -> list[float]:
    """The numbers of a CGO object, out of the session that would be saved."""
    (entry,) = (entry for entry in cmd.get_session(name, partial=1)["names"] if entry and entry[0] == name)
    return _rounded(entry[5][2][0][0][1], 3)


def _residues(cmd: Any, selection: str) -> list[list[str]]:
    residues: set[tuple[str, ...]] = set()
    cmd.iterate(selection, "add((model, chain, resi))", space={"add": residues.add})
    return sorted(map(list, residues))


def _refuse(function: Any, *arguments: Any) -> str:
    import pymol

    try:
        function(*arguments)
    except pymol.CmdException as error:
        return str(error.__cause__)
    return "it was not refused"


def _rounded(values: Any, digits: int = 3) -> list[float]:
    return [round(value, digits) + 0.0 for value in values]
