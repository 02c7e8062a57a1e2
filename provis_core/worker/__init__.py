"""The worker: another Python process that holds torch and the model.

`protocol` is the language that both sides speak; `client`, `transport` and `environment` belong to the
host (numpy and the standard library, Python >= 3.10); `__main__`, `server` and `cache` run in the
worker (Python >= 3.11).
"""
