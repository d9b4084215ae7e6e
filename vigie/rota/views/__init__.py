"""Pages of rotas."""
