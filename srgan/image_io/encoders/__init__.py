"""Encoders that write an image row by row, in bounded memory."""
