"""What is known of checkpoints without loading one: registry, files, configuration, vocabulary; one file
per family in `families`.
"""
