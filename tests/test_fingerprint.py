from __future__ import annotations

from alutils.fingerprint import code_fingerprint, source_fingerprint


def test_comments_docstrings_and_layout_do_not_count() -> None:
    plain = "def f(x):\n    return x + 1\n"
    dressed = (
        '"""Module."""\ndef f(x):  # add\n    """Add one."""\n\n    return (x +\n  1)\nN = 1\n'
    )
    assert source_fingerprint(dressed) == source_fingerprint(plain + "N = 1")
    assert source_fingerprint(plain) != source_fingerprint(plain.replace("1", "2"))
    assert source_fingerprint('x = "a"') != source_fingerprint('x = "b"')


def test_a_function_of_nothing_but_a_docstring_is_still_a_function() -> None:
    assert source_fingerprint('def f(): "text"') == source_fingerprint('def f():\n  """other"""')


def test_a_cell_depends_on_its_own_strategies_and_not_on_others() -> None:
    modules = code_fingerprint(["alutils.loop", "alutils.strategies.badge"])
    used = {"alutils.loop", "alutils.metrics", "alutils.streams", "alutils.geometry"}
    assert used <= set(modules)
    assert "alutils.strategies.badge" in modules
    assert "alutils.strategies.typiclust" not in modules
    assert "alutils.figures" not in modules and "alutils.errors" not in modules


def test_a_zero_counts() -> None:
    assert source_fingerprint("x = y[0]") != source_fingerprint("x = y[1]")
    assert source_fingerprint("x = 0") != source_fingerprint("x = False")
    assert source_fingerprint("x = 0") != source_fingerprint("x = None")


def test_modules_imported_out_of_a_package_count() -> None:
    assert "alutils.diagnostics" in code_fingerprint(["alutils.quality"])
