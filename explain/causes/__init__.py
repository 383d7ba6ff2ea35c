"""What caused an event: candidates of what was seen, measured, ranked and put into a sentence; start at ``ranking``."""
