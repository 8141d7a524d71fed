"""How good enlargements are, by the protocols of the field."""
