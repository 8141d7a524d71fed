"""Image files of every common kind, read and written with all they hold."""
