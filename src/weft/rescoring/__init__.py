"""N-best lists re-ranked by language models: what a recogniser's candidates are worth beside what people say.

A hypothesis' new score is its own score plus a weighted sum of what the runs say of it (``weights.py``): a log-linear
combination. The weights come from a file of lists with references (``tuning.py``) or from a person.
"""

from weft.rescoring.form import Form, check_form, check_references
from weft.rescoring.lists import NBest, read_lists
from weft.rescoring.ranking import Outcome, Ranked, outcome, rank
from weft.rescoring.table import Table, tabulate, word_error_table
from weft.rescoring.tuning import tune
from weft.rescoring.weights import ENDING, RunWeights, Tuning, Weights, check_ending, identity

__all__ = [
    "ENDING",
    "Form",
    "NBest",
    "Outcome",
    "Ranked",
    "RunWeights",
    "Table",
    "Tuning",
    "Weights",
    "check_ending",
    "check_form",
    "check_references",
    "identity",
    "outcome",
    "rank",
    "read_lists",
    "tabulate",
    "tune",
    "word_error_table",
]
