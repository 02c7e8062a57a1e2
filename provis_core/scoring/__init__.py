"""Heads scored on what is known of a chain: counts, circular shifts, precision, tables; numbers of a head
in `metrics`.
"""
