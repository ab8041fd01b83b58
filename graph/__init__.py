"""What is known: releases, their store, validation. Imports ontology only."""
