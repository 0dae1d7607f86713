"""One construct per AWS concept, each in a file of its own."""
