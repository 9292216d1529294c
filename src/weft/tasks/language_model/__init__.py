"""Many to many in step: at every symbol, the distribution over the next one."""
