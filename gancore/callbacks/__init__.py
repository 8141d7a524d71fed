"""What watches a training: lines, logs, curves, events, and the best epoch."""
