"""Evaluation of SR models: test sets, scores, reports and figures."""
