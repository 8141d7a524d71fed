"""A training run: its configuration, folder, stages and checkpoints."""
