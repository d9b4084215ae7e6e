"""Reading files and maps, and turning rows into lives of tickets. Pure."""
