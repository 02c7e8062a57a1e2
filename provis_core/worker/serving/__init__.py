"""The worker's own side (Python >= 3.11); torch and transformers are imported where they are used."""
