"""Image quality metrics, by the protocols of the field."""
