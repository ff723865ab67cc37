"""What the study found: one module for each question, from tables to a verdict.

Every function here takes tables (`alutils.study.run_study`, `alutils.quality.measure_quality`) and
returns tables or a `Finding`. Pages of the book show them; the table of claims checks them.
"""

from __future__ import annotations

from alutils.findings.finding import Finding, Number

__all__ = ["Finding", "Number"]
