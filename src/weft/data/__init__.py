"""From a person's files to numbers and batches: readers, tokenizers, vocabularies, memory-mapped corpora, batching."""
