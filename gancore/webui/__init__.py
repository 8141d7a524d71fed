"""Serves the demo pages of both packages with Gradio."""
