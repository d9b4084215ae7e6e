"""What customers reach of tickets: ask, follow, answer, and read the promise."""
