"""Many to one: a text in, a label (or several) out."""
