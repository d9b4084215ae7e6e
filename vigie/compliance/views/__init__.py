"""Pages of compliance for agents."""
