"""The help page of the panel."""

from __future__ import annotations

from typing import Any

from .qt import Qt, QtGui, QtWidgets

__all__ = ["HELP", "HelpPage"]

HELP = """
<h2>The ProVis panel</h2>
<p>A protein language model reads the sequence of a chain. Each of its heads gives every residue an
<b>attention weight</b> for every other residue, 0 to 1; the weights that one residue gives add up to at
most 1. Here you see all heads of the model, one of them in detail, and its strong pairs as cylinders on the
structure.</p>
<p>The chains of all structures that are shown are offered, as they come, go and are renamed. <b>Linked</b>
lets the model read all chains of the object as one sequence: attention between chains is then seen, too.
<b>Sequence</b> says whether it reads the residues with coordinates or the full sequence, where that is known.
<b>Stop</b> ends a computation, <b>Compute</b> begins it again.</p>
<h3>All heads</h3>
<p>One cell per head: layers from the top down, heads to the right, both counted from 1. The colour is the
metric that you chose above it, of pairs from the
<b>attention</b> on that stands beside it; the bars are the best head of each layer.
Heads with too few pairs are grey,
the best ones are marked. <b>Click</b> a head, or walk with the <b>arrow keys</b>: its cylinders appear.
<b>Ctrl-click</b> shows several heads at a time, each in its own colour.</p>
<h3>Attention map</h3>
<p>Rows attend (query), columns are attended to (key). Numbers are those of the structure. <b>Drag a
box</b>: its rows and columns are selected and coloured on the structure, and their cylinders stand out.
What you <b>select on the structure</b> lights up here. <b>Wheel</b> zooms, <b>drag with the right or middle
button</b> moves the map,
<b>double click</b> or <b>0</b> shows all of it, <b>+</b> and <b>-</b> zoom, <b>Esc</b> drops the box.</p>
<h3>Profile</h3>
<p>How much attention each residue receives from (or gives to) all others; the bars under it are the binding
site.
<b>Click</b> centres the structure on the residue.</p>
<h3>Cylinders, Binding sites, Pairs</h3>
<p>The threshold is the smallest weight that is drawn; the cylinders follow while the slider moves. A chain
that is longer than the model can take is read in overlapping <b>Windows</b> of so many residues. A click
on a row of the table of pairs zooms to the pair; a click on a head of a column sorts; <b>Ctrl-C</b> copies
rows.</p>
<h3>Place</h3>
<p><b>Float</b> and <b>Dock</b> move the panel out of the window and back beside the structure;
<b>Map only</b> is for small screens.</p>
<h3>Commands</h3>
<p>Whatever you do here is written into the console as the command that does the same, so that a drawing can
be made again in a script. <b>Clear</b> removes what was drawn and gives the structure its own colours back.
Closing the panel leaves the drawing.</p>
<h3>Keys</h3>
<p><b>F1</b> this page · <b>Ctrl-S</b> save figure · <b>Ctrl-E</b> export pairs · <b>Ctrl-Shift-C</b> copy
the command ·
<b>Alt</b> with the underlined letter leads to a field · <b>Tab</b> goes from part to part</p>
"""


class HelpPage(QtWidgets.QDialog):  # type: ignore[misc]
    """Text that can be scrolled; the panel stays usable beside it.

    Parameters
    ----------
    parent : QWidget, optional
    """

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Help on the ProVis panel")
        self.text = QtWidgets.QTextBrowser(self)
        self.text.setHtml(HELP)
        buttons = QtWidgets.QDialogButtonBox(QtWidgets.QDialogButtonBox.StandardButton.Close, parent=self)
        buttons.rejected.connect(self.close)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
        letter = QtGui.QFontMetrics(self.font()).averageCharWidth()
        self.resize(letter * 90, letter * 80)
        self.setModal(False)
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, False)
