"""Images to batches of LR and HR patches."""
