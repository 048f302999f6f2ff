"""A spec file as text, checked and expanded: reading, expressions, blocks, schema."""
