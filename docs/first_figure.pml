# The first figure: HIV-1 protease (1HPV), attention of head 12-4 on chain A.
#
#   in a PyMOL window:   File > Run Script..., and choose this file
#   without a window:    pymol -cq first_figure.pml
#
# It needs ProVis in PyMOL and writes first_figure.png and first_figure.pse into the current folder.
# (pymol -c loads no plugins by itself: that is what the next two lines are for.)

import pymol.plugins
if "provis_attn" not in cmd.keyword: pymol.plugins.initialize(-1)

# The structure comes with PyMOL (fetch 1hpv would get the same one from the PDB).
load $PYMOL_DATA/tut/1hpv.pdb, 1hpv

hide everything
show cartoon, polymer
color gray70, chain A
color gray90, chain B
set cartoon_transparency, 0.25
# flat sheets leave the CA atoms, in which the cylinders end
set cartoon_flat_sheets, off
show sticks, organic
color teal, organic
color atomic, organic and not elem C

# The command itself: layers and heads are counted from 1, as in the paper.
provis_attn chain A, layer=12, head=4

bg_color white
set ray_opaque_background, on
set ray_shadows, off
set ray_trace_mode, 1
set ray_trace_color, gray30
set specular, 0.2
set antialias, 2
set orthoscopic, on
orient polymer
turn z, 180
zoom polymer, -7

png first_figure.png, width=1200, height=800, dpi=150, ray=1
save first_figure.pse
