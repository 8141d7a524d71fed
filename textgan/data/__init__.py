"""Data pipeline: files of texts to batches of token ids."""
