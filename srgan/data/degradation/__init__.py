"""Degradation as of real photographs, for blind super-resolution."""
