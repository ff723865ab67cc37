"""Human Phenotype Ontology: definition of a phenotype -> the organ system it is an abnormality of.

The classes are the children of "Phenotypic abnormality" (HP:0000118). A term below two of them,
or without a definition, is left out, so that every text has exactly one class.
"""

from __future__ import annotations

import re

ROOT = "HP:0000118"

DEFINITION = re.compile(r'def: "((?:[^"\\]|\\.)*)"')


def parse(content: bytes) -> list[tuple[str, str]]:
    """Read (definition, name of the organ system) from an OBO file.

    Parameters
    ----------
    content : bytes
        ``hp.obo``, UTF-8.
    """
    names: dict[str, str] = {}
    parents: dict[str, list[str]] = {}
    definitions: dict[str, str] = {}
    for block in content.decode("utf-8").split("\n[")[1:]:
        lines = block.splitlines()
        if lines[0] != "Term]" or "is_obsolete: true" in lines:
            continue
        fields = [line.partition(": ")[::2] for line in lines[1:] if ": " in line]
        term = next(value for key, value in fields if key == "id")
        names[term] = next(value for key, value in fields if key == "name")
        parents[term] = [value.split(" ! ")[0].strip() for key, value in fields if key == "is_a"]
        found = next(filter(None, map(DEFINITION.match, lines)), None)
        if found is not None:
            definitions[term] = re.sub(r"\\(.)", _unescape, found[1]).strip()

    systems: dict[str, frozenset[str]] = {}

    def systems_above(term: str) -> frozenset[str]:
        if term not in systems:
            above = parents.get(term, [])
            own = frozenset([term]) if ROOT in above else frozenset()
            systems[term] = own.union(*(systems_above(parent) for parent in above))
        return systems[term]

    pairs = []
    for term, definition in definitions.items():
        above = systems_above(term)
        if len(above) == 1 and definition:
            pairs.append((definition, names[next(iter(above))]))
    return pairs


def _unescape(match: re.Match[str]) -> str:
    # OBO 1.4: \n is a line break, \t a tab, \W a space; anything else stands for itself.
    return {"n": "\n", "t": "\t", "W": " "}.get(match[1], match[1])
