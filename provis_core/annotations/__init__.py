"""What is known about the residues, or the residue pairs, of a chain; one file per annotator in
`annotators`.
"""
