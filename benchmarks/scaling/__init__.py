"""How many workers are worth it: a model of a round's time, its constants measured, and a check with real workers."""
