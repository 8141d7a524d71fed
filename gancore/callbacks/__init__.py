"""Callbacks: printing, logging, plots, best weights, and checks of health."""
