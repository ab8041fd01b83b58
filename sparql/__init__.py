"""Questions to the graph: protocol, policy, killable workers. Imports ontology and graph."""
