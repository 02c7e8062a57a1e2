"""What reading structures by gemmi's ``Structure`` would save and cost, beside our readers of PDB and mmCIF.

    python -m tests.benchmarks.gemmi_reading FILE_OR_FOLDER...

`read_by_gemmi` fills our table of atoms from gemmi's, as far as gemmi knows the columns: it would stand in
place of the part of ``pdb.py`` and ``mmcif.py`` that does so. What it cannot know (``TER`` records, ids of
polymers, records of the header) would still be read by ours. Named are the files that one of the two refuses
and the columns in which they differ.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import time
from collections import Counter
from pathlib import Path

import numpy as np

from provis_core.errors import ProvisError
from provis_core.structures.files import mmcif, pdb
from provis_core.structures.files.chains import read_structure

COLUMNS = (
    *("name", "alternate", "residue_name", "chain_id", "insertion_code", "element", "number", "coords"),
    *("occupancy", "b_factor", "is_het"),
)


def read_by_gemmi(path: Path) -> dict[str, np.ndarray]:
    """Columns of the atoms of the first model, in the order of the file."""
    import gemmi

    structure = gemmi.read_structure(str(path), merge_chain_parts=False)
    rows = []
    for chain in structure[0]:
        for residue in chain:
            code, is_het = residue.seqid.icode.strip(), residue.het_flag == "H"
            for atom in residue:
                place = (residue.name, chain.name, code, residue.seqid.num, is_het)
                rows.append((atom.name, atom.altloc.strip("\0"), atom.element.name.upper(), place, atom))
    places = [row[3] for row in rows]
    return {
        "name": np.array([row[0] for row in rows]),
        "alternate": np.array([row[1] for row in rows]),
        "element": np.array([row[2] for row in rows]),
        "residue_name": np.array([place[0] for place in places]),
        "chain_id": np.array([place[1] for place in places]),
        "insertion_code": np.array([place[2] for place in places]),
        "number": np.array([place[3] for place in places]),
        "is_het": np.array([place[4] for place in places]),
        "coords": np.array([row[4].pos.tolist() for row in rows], dtype=np.float32).reshape(-1, 3),
        "occupancy": np.array([row[4].occ for row in rows], dtype=np.float32),
        "b_factor": np.array([row[4].b_iso for row in rows], dtype=np.float32),
    }


def compare(path: Path) -> tuple[list[str], float, float]:
    """Columns that differ, and the CPU seconds of ours and of gemmi's."""
    started = time.process_time()
    try:
        ours = read_structure(path).atoms
    except ProvisError as error:
        ours = f"refused by ours: {error}"
    middle = time.process_time()
    try:
        theirs = read_by_gemmi(path)
    except (RuntimeError, ValueError, IndexError) as error:
        theirs = f"refused by gemmi: {error}"
    ended = time.process_time()
    if isinstance(ours, str) or isinstance(theirs, str):
        differ = [one[:100] for one in (ours, theirs) if isinstance(one, str)]
    elif len(theirs["name"]) != ours.n_atoms:
        differ = ["number of atoms"]
    else:
        differ = [name for name in COLUMNS if not _equal(getattr(ours, name), theirs[name])]
    return differ, middle - started, ended - middle


def _equal(ours: np.ndarray, theirs: np.ndarray) -> bool:
    if ours.dtype.kind == "f":
        return bool(np.allclose(ours, theirs, atol=1e-3, equal_nan=True))
    return bool((ours == theirs).all())


def count_lines(*parts: object) -> int:
    """Lines of functions without docstrings and blank lines."""
    n_lines = 0
    for part in parts:
        source = inspect.getsource(part)
        tree = ast.parse(source)
        docs = [
            node.body[0].end_lineno - node.body[0].lineno + 1
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node)
        ]
        n_lines += sum(bool(line.strip()) for line in source.splitlines()) - sum(docs)
    return n_lines


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("paths", nargs="+", type=Path)
    files: list[Path] = []
    for path in parser.parse_args().paths:
        endings = ("pdb", "pdb.gz", "ent", "cif", "cif.gz")
        files += [path] if path.is_file() else [f for end in endings for f in sorted(path.rglob(f"*.{end}"))]
    found, seconds = Counter(), np.zeros(2)
    for path in files:
        differ, *spent = compare(path)
        seconds += spent
        found.update(differ or ["the same"])
        if differ:
            print(f"{path.name}: {', '.join(differ)}")
    print(f"{len(files)} files: ours {seconds[0]:.2f} CPU s, gemmi's {seconds[1]:.2f} CPU s")
    for what, n in found.most_common():
        print(f"  {n:3d} {what}")
    replaced = (pdb._read_atom, pdb._has_long_chains, pdb._element, pdb._read_number, pdb._make_table)
    print(
        f"lines: {count_lines(*replaced, mmcif._split_number, mmcif._floats)} and about 40 of mmcif._read "
        f"would go, {count_lines(read_by_gemmi)} would come"
    )


if __name__ == "__main__":
    main()
