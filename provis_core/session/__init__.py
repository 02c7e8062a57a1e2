"""One run of the program: its settings, worker and jobs."""
