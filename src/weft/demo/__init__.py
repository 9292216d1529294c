"""What ``weft demo`` does: two translators on data made on the spot, one with known alignments.

``dates`` turns dates of a hundred languages into their ISO form and holds what the network looked at against the true
links, beside IBM Model 1; ``numbers`` turns numbers in words into digits. Nothing here prints: the command shows what
these functions return.
"""
