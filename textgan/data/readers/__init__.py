"""Readers of texts: tables, lines and JSON, in any usual dialect."""
