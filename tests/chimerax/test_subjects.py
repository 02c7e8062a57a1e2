"""What annotations are made of: those of ChimeraX's structures equal those of the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations, known_annotators
from provis_core.errors import ProvisError
from provis_core.viewers.file_viewer import FileViewer
from tests.data import HOW, STRUCTURES

FILES = [
    path
    for path in (
        STRUCTURES / "pdb" / "1a4w.pdb.gz",
        STRUCTURES / "mmcif" / "1a4w.cif.gz",
        STRUCTURES / "pdb" / "1hpv.pdb.gz",
    )
    if path.is_file()
]


@pytest.mark.skipif(not FILES, reason=f"structures are {HOW}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_annotation_is_that_of_the_file(path: Path, show: Any, session: Any) -> None:
    from plugin.viewers.chimerax_viewer import ChimeraxViewer

    show(path)
    viewer = ChimeraxViewer(session)
    silent: list[str] = []
    file = FileViewer(path, write=silent.append, warn=silent.append)
    ours = viewer.read_subjects([one.chain for one in viewer.read_chains("")])
    theirs = file.read_subjects([one.chain for one in file.read_chains("")])
    assert [one.chain.chain_id for one in ours] == [one.chain.chain_id for one in theirs]
    n_compared = 0
    for subject, other in zip(ours, theirs, strict=True):
        assert (subject.records is None) == (other.records is None)
        for annotator in known_annotators():
            if annotator.name in ("table", "uniprot", "helix", "strand", "secondary_structure"):
                continue  # of files that are given; ChimeraX has its own helices
            try:
                expected = compute_annotations(annotator.name, other)
            except ProvisError:
                with pytest.raises(ProvisError):
                    compute_annotations(annotator.name, subject)
                continue
            for one, wanted in zip(compute_annotations(annotator.name, subject), expected, strict=True):
                assert one.name == wanted.name.replace(other.chain.object_name, subject.chain.object_name)
                np.testing.assert_allclose(one.values, wanted.values, atol=2e-3)
                n_compared += 1
    assert n_compared >= 2 * len(ours)
