"""Exports networks for programs without Keras."""
