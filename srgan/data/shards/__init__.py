"""Large sets of pictures as a few large files of sub-images."""
