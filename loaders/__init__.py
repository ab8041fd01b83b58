"""Sources into the graph: reading, records, triples. Imports ontology and graph."""
