"""Advice for a new dataset: a rule made from label-free diagnostics, and its test.

`contexts` puts together what is known before any label and what came out; `tree` grows a rule of a
few questions; `evaluation` asks it about datasets that it has never seen; `rule` is what travels
with the package, and `advising` follows it.
"""

from alutils.advice.advising import Advice, advise
from alutils.advice.rule import Rule, make_rule, shipped

__all__ = ["Advice", "Rule", "advise", "make_rule", "shipped"]
