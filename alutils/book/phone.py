"""On a phone a page shows the narrow picture of a figure, where there is one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

_PICTURE = re.compile(r'<img\b[^>]*\bsrc="([^"]*_images/)([\w.-]+)\.svg"[^>]*>')
MEDIA = "(max-width: 600px)"  # as in custom.css


def offer_narrow(book: Path, figures: Path) -> None:
    """Give pages the choice between the wide and the narrow picture of a figure.

    A browser fetches the one that fits. Sphinx has no word for that, so it is done on its HTML.

    Parameters
    ----------
    book : pathlib.Path
        Folder of the HTML; its pages are changed.
    figures : pathlib.Path
        Folder with a folder of figures for each notebook.
    """
    # Here, since each notebook's process imports this package and seaborn takes seconds
    from alutils.figures.narrow import ENDING

    images = book / "_images"
    found = set()
    for path in sorted(figures.glob(f"*/*{ENDING}.svg")):
        name = path.stem.removesuffix(ENDING)
        if (images / f"{name}.svg").exists():
            shutil.copy(path, images)
            found.add(name)

    def choice(image: re.Match[str]) -> str:
        folder, name = image[1], image[2]
        if name not in found:
            return image[0]
        source = f'<source media="{MEDIA}" srcset="{folder}{name}{ENDING}.svg">'
        return f"<picture>{source}{image[0]}</picture>"

    for page in book.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        changed = _PICTURE.sub(choice, text)
        if changed != text:
            page.write_text(changed, encoding="utf-8")
