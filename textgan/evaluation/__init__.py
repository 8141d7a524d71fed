"""Evaluation of generators: scores, baselines, reports and plots."""
