"""YAML as plain data: no tag builds an object, no key is lost, no alias grows without bound."""

from __future__ import annotations

from typing import Any

import yaml

from alutils.errors import UserError

MOST = 1_000_000
"""Values that a text may stand for, with every alias written out: ten lines can mean a billion."""


class _Loader(yaml.SafeLoader):
    """Safe YAML, in which a key written twice is a mistake; PyYAML drops the first."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:  # before << is filled in, which may well repeat a key
            if (key.tag, str(key.value)) in seen:
                line = key.start_mark.line + 1
                raise UserError(f"line {line} has the key {key.value!r} a second time: keep one")
            seen.add((key.tag, str(key.value)))
        return node


def parse(text: str) -> Any:
    """Return what a YAML text says.

    Parameters
    ----------
    text : str
        One document.

    Returns
    -------
    object
        Mappings, lists, texts, numbers, truth values, dates and None.

    Raises
    ------
    UserError
        If it is not YAML, has a key twice, an alias that holds itself or too much behind aliases.
        The message says what, without where the text is from.
    """
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _size(node, {})
        return loader.construct_document(node)
    except UserError:
        raise
    except yaml.YAMLError as error:
        raise UserError(f"it is not YAML: {' '.join(str(error).split())}") from error
    except Exception as error:
        # PyYAML lets ValueError, KeyError and more escape for 2024-99-99 or !!bool x, and
        # RecursionError for a thousand brackets.
        reason = " ".join(str(error).split())
        raise UserError(
            f"it has a value that is not YAML ({reason}): quote it to give a text"
        ) from error
    finally:
        if loader is not None:
            loader.dispose()


def _size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """Count the values that a node stands for, with every alias written out."""
    known = sizes.get(id(node))
    if known is not None:
        if not known:  # it is being counted
            raise UserError("a list or mapping in it holds itself: write it out")
        return known
    sizes[id(node)] = 0
    inner = node.value if isinstance(node, yaml.CollectionNode) else []
    if isinstance(node, yaml.MappingNode):
        inner = [each for pair in inner for each in pair]
    size = 1 + sum(_size(each, sizes) for each in inner)
    if size > MOST:
        raise UserError(f"its aliases stand for more than {MOST:,} values: write fewer of them")
    sizes[id(node)] = size
    return size
