"""Evidence bytes to typed Arrow batches, problems and byte accounts. Knows nothing of cases or rules."""
