"""A site that is the whole internet: a proxy that serves one folder, and refuses the rest.

A browser that must ask this proxy for everything, its own machine included, cannot leave the
site; what it asks for elsewhere is refused and kept.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

HOST = "localhost"  # a browser trusts it as it trusts https
ADDRESS = f"http://{HOST}/"
OF_THE_BROWSER = "http://browser.invalid/"
"""Where Chromium is sent with what it asks for on its own account, whatever page it shows."""


@dataclass
class Site:
    """What a browser needs to come here, and what it asked for.

    Parameters
    ----------
    proxy : str
        The address that a browser takes as its proxy for everything.
    outside : list of str
        Addresses elsewhere that were asked for.
    """

    proxy: str = ""
    outside: list[str] = field(default_factory=list)


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *given: object, site: Site, **named: object) -> None:
        self.site = site
        super().__init__(*given, **named)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.netloc != HOST:
            self._refuse()
            return
        self.path = address.path
        super().do_GET()

    def _refuse(self) -> None:
        if not self.path.startswith(OF_THE_BROWSER):
            self.site.outside.append(self.path)
        self.send_error(403)

    do_CONNECT = do_POST = do_HEAD = do_OPTIONS = _refuse

    def log_message(self, *given: object) -> None:
        """Say nothing: what matters is kept."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *given: object) -> None:
        """Say nothing: a browser that goes away in the middle of an answer may do so."""


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """Serve a folder at `ADDRESS` to whoever asks through the proxy of the site.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the HTML.

    Yields
    ------
    Site
        Its proxy works until the context ends.
    """
    site = Site()
    server = _Server(("127.0.0.1", 0), partial(_Handler, site=site, directory=str(folder)))
    site.proxy = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
