"""The commands of `python -m textgan`, one module each."""
