"""Run every benchmark at its quick size."""

from __future__ import annotations

from benchmarks import head, strategies

print("## Strategies\n")
strategies.main([])
print("\n## Head against scikit-learn\n")
head.main(["--shape", *head.SHAPES[-5:]])
