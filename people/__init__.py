"""Who uses Whycam: accounts, their sessions, what each may see and do, and the log of what was done."""
