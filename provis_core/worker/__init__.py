"""The worker: another Python process that holds torch and the model.

`protocol` is the language that both sides speak and `cache` the folder that both read. The host has
`client`, `jobs`, `transport`, `environment` and `endings` (numpy and the standard library, Python >= 3.10).
In the worker run `bootstrap`, `__main__`, `server`, `channel`, `warm_models`, `doctor` and `failures`
(Python >= 3.11); torch and transformers are imported where they are used.
"""
