"""Loads SR models and runs them on images of any size."""
