"""Why strategies differ: what the rows that they choose have in common."""
