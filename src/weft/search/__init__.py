"""From a decoder to symbols: greedy, beam, sampling, risk. Search knows a model only as ``weft.types.Decoder``."""
