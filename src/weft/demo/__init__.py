"""What ``weft demo`` does: two networks on data made on the spot, each held beside an honest rival.

``languages`` trains a classifier (which language is this phrase?) and compares it with TF-IDF and logistic regression;
``sources`` trains a character language model on Python's standard library and compares it with a compressor. Nothing
here prints: the command shows what these functions return.
"""
