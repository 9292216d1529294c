"""Runs made into files of other programs. A file is a format, with ``write(model, path) -> notes``."""
