"""Agent pages of this area."""
