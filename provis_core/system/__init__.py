"""Paths, whole files, arrays on disk, background jobs and events: what every room may use; knows nothing
of proteins.
"""
