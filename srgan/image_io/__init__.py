"""Reads and writes image files with all channels, bits and metadata."""
