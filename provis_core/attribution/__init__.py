"""Why a model said something: how much each residue, and each head inside, contributed to a score.

Runs in the worker and the program only (torch). `problem.Problem` is one question to one model about one
sequence; each way to answer it is one file in `methods`.
"""
