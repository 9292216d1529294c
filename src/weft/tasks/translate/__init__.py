"""Many to many: a text in, another text out."""
