"""Image quality metrics, by the usual protocols."""
