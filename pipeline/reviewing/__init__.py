"""What an analyst works through: events of all runs, what was said of them, and the cases that gather them."""
