"""The analysis of Vig et al. (arXiv 2006.15222) on any set of proteins: what each head attends to."""
