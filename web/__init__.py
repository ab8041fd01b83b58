"""People and programs: pages, linked data, downloads, the endpoint. Imports ontology, graph and sparql."""
