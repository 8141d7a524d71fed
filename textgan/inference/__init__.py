"""Loading a generator and generating texts."""
