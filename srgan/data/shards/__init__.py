"""Large sets of images as a few large files of sub-images."""
