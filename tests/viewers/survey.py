"""What PyMOL reads of many files, as plain values; runs in any PyMOL, also as a script (see the end)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

__all__ = ["read_files"]


def read_files(cmd: Any, paths: list[Path]) -> dict[str, Any]:
    """Load files one after another and read their chains.

    Parameters
    ----------
    cmd : module
    paths : list of pathlib.Path

    Returns
    -------
    dict
        By folder and name of the file: the problems, and per chain its ids, residues, coordinates, and what
        the model would see with ``gaps=full``.
    """
    from plugin.viewers.pymol_chains import read_chains

    found = {}
    for path in paths:
        cmd.delete("all")
        # else PyMOL moves the atoms of files whose SCALE records and cell do not agree
        cmd.set("pdb_insure_orthogonal", 0)
        cmd.load(str(path), path.name.split(".")[0], zoom=0)
        selected, problems = read_chains(cmd, "all")
        chains = [_describe(one.chain) for one in selected]
        found[f"{path.parent.name}/{path.name}"] = {"problems": [str(p) for p in problems], "chains": chains}
    cmd.delete("all")
    return found


def _describe(chain: Any) -> dict[str, Any]:
    from provis_core.errors import InputError, StructureError
    from provis_core.structures.sequence import compute_sequence_map

    try:
        whole = compute_sequence_map(chain, "full")
        full: Any = [whole.source, whole.sequence, whole.residue_index.tolist()]
    except (InputError, StructureError) as error:
        full = str(error)
    return {
        "chain": chain.chain_id,
        "numbers": [residue.resi for residue in chain.residue_ids],
        "names": list(chain.residue_names),
        # no NaN in JSON
        "ca": [None if x != x else [x, y, z] for x, y, z in chain.ca_coords.tolist()],
        "full": full,
    }


if __name__ in ("__main__", "pymol"):  # as PyMOL runs a script
    import sys

    from pymol import cmd

    sys.path.insert(0, os.environ["PROVIS_SURVEY_ROOT"])
    wanted = [Path(name) for name in Path(os.environ["PROVIS_SURVEY_FILES"]).read_text().splitlines()]
    Path(os.environ["PROVIS_SURVEY_OUT"]).write_text(json.dumps(read_files(cmd, wanted)))
