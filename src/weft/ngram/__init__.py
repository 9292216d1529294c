"""N-gram language models in sorted arrays: modified Kneser-Ney estimation, back-off queries, ARPA files.

No torch, and no dictionary of n-grams: an n-gram is a number, the rank of its prefix beside its last symbol.
"""

from weft.ngram.arpa_reading import read_arpa
from weft.ngram.arpa_writing import write_arpa
from weft.ngram.backoff import Backoff
from weft.ngram.estimation import estimate

__all__ = ["Backoff", "estimate", "read_arpa", "write_arpa"]
