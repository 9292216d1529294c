"""Text to the next symbol by counts: n-grams with modified Kneser-Ney smoothing."""
