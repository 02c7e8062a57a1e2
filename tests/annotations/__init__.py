"""What is known about residues. These tests need numpy; some compare with Biopython."""
