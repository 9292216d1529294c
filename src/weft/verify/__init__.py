"""The certificate: whether a trained network answers the same however it is run, measured way by way.

``certify`` runs the same texts in every way of ``ways/`` (one by one, padded, streamed, by each kernel...), compares
each decision with a slow and plain reference, and names the fault where a way differs.
"""

from weft.verify.certificate import Certificate, Line, certify
from weft.verify.record import write
from weft.verify.rows import Rows, file_rows, own_rows, text_rows

__all__ = ["Certificate", "Line", "Rows", "certify", "file_rows", "own_rows", "text_rows", "write"]
