"""What a model gave: heads, their weights as arcs, edges and profiles, scans of all heads."""
