"""Metrics of quality, diversity and likelihood of texts."""
