"""What stands on every machine or is made on the fly: built-in samples."""
