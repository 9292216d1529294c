"""From drawn symbols to text a person asked for: prompts, stop texts, verse, and how much of a text is copied.

Knows codecs and decoders, but no task and no run: whoever loads a run passes them down.
"""

from weft.writing.author import Author
from weft.writing.copied import Copied, TrainingText, find_copied
from weft.writing.verse.form import Form
from weft.writing.verse.poem import Line

__all__ = ["Author", "Copied", "Form", "Line", "TrainingText", "find_copied"]
