"""What ties a panel to ChimeraX: specifiers, the user's selection, the view, texts in the session file."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from provis_core.errors import CacheError, InputError
from provis_core.structures.chain import Chain
from provis_core.structures.linking import split_residues

from .chimerax_chains import parse_spec
from .chimerax_models import ChimeraxModels

__all__ = ["ChimeraxLink"]

_TEXT: Final = "panel"


class ChimeraxLink:
    """What the panel asks of one ChimeraX.

    Parameters
    ----------
    models : ChimeraxModels
    """

    def __init__(self, models: ChimeraxModels) -> None:
        self._models = models
        self._session = models.session
        self._texts: dict[str, str] = {}

    def name_residues(self, chain: Chain, indices: Sequence[int] | None = None) -> str:
        """See `Link`: ``#1/A:25-27,30``, without blanks."""
        if chain.members:
            split = split_residues(chain, indices if indices is not None else range(chain.n_residues))
            return "".join(
                self.name_residues(one, own if indices is not None else None) for one, own in split if own
            )
        structure = self._models.find(chain)
        where = f"#{structure.id_string if structure is not None else '?'}/{chain.chain_id}"
        return where if indices is None else f"{where}:{_join_numbers(chain, indices)}"

    def list_objects(self) -> dict[str, str]:
        """See `Link`."""
        shown = [one for one in self._models.all() if one.visible]
        return {self._models.name(one): f"#{one.id_string}" for one in shown}

    def is_there(self, chain: Chain) -> bool:
        """See `Link`."""
        for member in chain.singles:
            structure = self._models.find(member)
            if structure is None or member.chain_id not in {one.chain_id.strip() for one in structure.chains}:
                return False
        return True

    def read_marked(self, chain: Chain, ends: Any = None) -> npt.NDArray[np.bool_]:
        """See `Link`; residues at the ends of cylinders that the user has picked are marked as well."""
        marked = []
        for member in chain.singles:
            structure = self._models.find(member)
            found: set[str] = set()
            if structure is not None and structure.atoms.num_selected:
                atoms = structure.atoms
                found |= _numbers(atoms.filter(atoms.selecteds).unique_residues, member.chain_id)
            if ends is not None:
                ours = ends.filter(np.array([one is structure for one in ends.structures], dtype=np.bool_))
                found |= _numbers(ours.unique_residues, member.chain_id)
            marked.append(np.array([one.resi in found for one in member.residue_ids], dtype=np.bool_))
        return marked[0] if len(marked) == 1 else np.concatenate(marked)

    def check_selection(self, name: str) -> None:
        """Raise `InputError` unless residues can be given this name."""
        from chimerax.core.commands import is_selector_user_defined, list_selectors

        if not name:
            return
        is_legal = name[0].isalpha() and all(one.isalnum() or one in "-+_" for one in name)
        models = {one.name.lower() for one in self._session.models.list()}
        is_taken = name in list_selectors() and not is_selector_user_defined(name)
        if not is_legal or is_taken or name.lower() in models:
            raise InputError(
                f"«sele={name}»: " + ("ChimeraX or a model has this name" if is_legal else "this is no name"),
                "A name of letters, digits, - and _ is needed that nothing else has",
                "Try «sele=ends»",
            )

    def select_residues(self, name: str, parts: Sequence[tuple[Chain, Sequence[int]]]) -> str:
        """See `Link`."""
        from chimerax.core.commands import register_selector

        self.check_selection(name)
        words = "".join(self.name_residues(*part) for part in parts if len(part[1]))

        def select(session: Any, models: Any, results: Any) -> None:
            if words:
                results.add_atoms(parse_spec(session, words))

        register_selector(name, select, self._session.logger, user=True, desc=words or "nothing")
        return name

    def drop_selections(self, names: Sequence[str]) -> None:
        """See `Link`."""
        from chimerax.core.commands import deregister_selector, is_selector_user_defined, list_selectors

        for name in names:
            if name in list_selectors() and is_selector_user_defined(name):
                deregister_selector(name, self._session.logger)

    def center_residues(self, chain: Chain, indices: Sequence[int], zoom: bool = False) -> str:
        """See `Link`."""
        line = f"{'view' if zoom else 'cofr'} {self.name_residues(chain, indices)}"
        self._run(line)
        return line

    def save_image(self, path: Path, width: int, height: int, is_clear: bool = False) -> str:
        """See `Link`; always clear. There is no ray tracer: three times as large is drawn, and made small."""
        from chimerax.core.commands import quote_path_if_necessary
        from chimerax.core.errors import UserError

        options = f"width {width} height {height} supersample 3 transparentBackground true"
        temporary = path.with_name(f".provis_{os.getpid()}.png")
        try:
            self._run(f"save {quote_path_if_necessary(str(temporary))} {options}")
            temporary.replace(path)
        except (OSError, UserError) as error:
            temporary.unlink(missing_ok=True)
            raise CacheError(
                f"{path} cannot be written ({error})",
                "A folder that is there and has room is needed, and a ChimeraX that can draw",
                "Choose another folder; a ChimeraX without a window needs --offscreen",
            ) from error
        return f"save {quote_path_if_necessary(str(path))} {options}"

    def _run(self, line: str) -> None:
        from chimerax.core.commands import run

        run(self._session, line, log=False)

    # -- texts -----------------------------------------------------------------------------------------

    def keep_state(self, key: str, text: str) -> None:
        """See `Link`: with each structure, so that a session opens where ProVis is not."""
        texts = self._read_texts()
        texts[key] = text
        if not text:
            del texts[key]
        self._texts = texts
        for structure in self._models.all():
            self._models.write_text(structure, _TEXT, json.dumps(texts) if texts else "")

    def kept_state(self, key: str) -> str:
        """See `Link`."""
        return self._read_texts().get(key, "")

    def _read_texts(self) -> dict[str, str]:
        """What the first structure that has any was left with; what was kept here, where none is open."""
        structures = self._models.all()
        for structure in structures:
            if found := self._models.read_entries(structure, _TEXT, lambda text: isinstance(text, str)):
                return found
        return {} if structures else dict(self._texts)


def _numbers(residues: Any, chain_id: str) -> set[str]:
    rows = zip(residues.chain_ids, residues.numbers, residues.insertion_codes, strict=True)
    return {f"{number}{code.strip()}" for chain, number, code in rows if chain.strip() == chain_id}


def _join_numbers(chain: Chain, indices: Sequence[int]) -> str:
    """Residue numbers as ChimeraX reads them after a colon; ``:`` alone names none.

    Neighbours with rising numbers become a range, unless an insertion code would be in it.
    """
    coded = {residue.number for residue in chain.residue_ids if residue.insertion_code}
    runs: list[list[int]] = []
    for index in sorted(set(indices)):
        before = runs[-1][-1] if runs else -1
        here = chain.residue_ids[index].number
        follows = runs and index == before + 1 and here == chain.residue_ids[before].number + 1
        if follows and not coded & {here, chain.residue_ids[before].number}:
            runs[-1].append(index)
        else:
            runs.append([index])
    words = []
    for run in runs:
        begin, end = chain.residue_ids[run[0]].resi, chain.residue_ids[run[-1]].resi
        words.append(begin if len(run) == 1 else f"{begin}-{end}")
    return ",".join(words)
