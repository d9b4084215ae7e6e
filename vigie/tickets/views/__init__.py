"""Pages that agents see."""
