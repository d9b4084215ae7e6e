"""Pure decisions about who is on: shifts, on-call, gaps, load. No database, no reading of the time."""
