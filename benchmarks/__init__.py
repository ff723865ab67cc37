"""Speed, measured. `python -m benchmarks` runs all of it; nothing here is a test."""
