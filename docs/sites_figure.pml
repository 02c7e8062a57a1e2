# Binding site and contacts of HIV-1 protease (1HPV): provis_sites and provis_contacts, without any model.
#
#   in a PyMOL window:   File > Run Script..., and choose this file
#   without a window:    pymol -cq sites_figure.pml
#
# It needs ProVis in PyMOL and writes sites_figure.png into the current folder.

import pymol.plugins
if "provis_sites" not in cmd.keyword: pymol.plugins.initialize(-1)

# The structure comes with PyMOL (fetch 1hpv would get the same one from the PDB).
load $PYMOL_DATA/tut/1hpv.pdb, 1hpv

hide everything
show cartoon, polymer
color gray70, chain A
color gray90, chain B
# flat sheets leave the CA atoms, in which side chains and dashed lines begin
set cartoon_flat_sheets, off
show sticks, organic
color teal, organic
color atomic, organic and not elem C

# Residues within 4 Angstrom of the drug in orange, and where the two chains touch.
provis_sites 1hpv, by=ligand, sele=pocket
provis_contacts 1hpv, between=only

bg_color white
set ray_opaque_background, on
set ray_shadows, off
set specular, 0.2
set antialias, 2
set orthoscopic, on
orient polymer
turn z, 180
zoom polymer, -6

png sites_figure.png, width=1050, height=700, dpi=150, ray=1
