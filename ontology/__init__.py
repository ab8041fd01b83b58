"""What things mean: terms, code lists, shapes and identifiers. Imports no other room."""
