"""Pages of people: lists, records, oneself, sign-in."""
