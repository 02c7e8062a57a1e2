"""The language that host and worker speak: messages, and the files in which arrays travel."""
