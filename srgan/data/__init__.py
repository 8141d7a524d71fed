"""Images to batches of low- and high-resolution patches."""
