"""From a decoder to symbols: greedy search and sampling. Search knows a model only as ``weft.types.Decoder``."""
