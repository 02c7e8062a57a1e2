"""Linear diagnostic classifiers: what can be read of the layers of a model, from embeddings and attention."""
