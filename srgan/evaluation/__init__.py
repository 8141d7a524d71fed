"""How good upscaled images are, by the protocols of the field."""
