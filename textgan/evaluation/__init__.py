"""How good, how varied and how new texts are."""
