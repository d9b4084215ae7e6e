"""Pure decisions of contracts: calendars, promises, clocks. No Django, no clock read, no input or output."""
