"""The worker: another Python process that holds torch and the model.

`wire` has what both sides say (`protocol` writes and reads it), `tasks` what can be asked, one file each. The
host has `host` (numpy and the standard library, Python >= 3.10). In the worker run `bootstrap`, `__main__`
and `serving` (Python >= 3.11); torch and transformers are imported where they are used.
"""
