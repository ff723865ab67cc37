"""What a device other than the CPU would show, seen on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

#: Calls that wait for the device: values come to the host, or the size of the result hangs on them.
FETCHES = {
    *("item", "tolist", "cpu", "__bool__", "__int__", "__float__", "__index__", "equal"),
    *("nonzero", "argwhere", "unique", "bincount", "masked_select", "repeat_interleave"),
}


class Fetches(TorchFunctionMode):
    """Counts the round trips between the host and the device."""

    count = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        picks_by_mask = name in ("__getitem__", "__setitem__") and _holds_mask(args[1])
        self.count += picks_by_mask or name in FETCHES
        return func(*args, **(kwargs or {}))


def _holds_mask(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, Tensor) and part.dtype == torch.bool for part in parts)


class Away(TorchFunctionMode):
    """Refuses what would fail were the pool not on the host.

    A tensor made without naming a device lands on "meta", and what reaches NumPy must have gone
    through ``cpu()``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.elsewhere = torch.device("meta")
        self.fetched: list[Tensor] = []  # kept, so that no other tensor takes an id

    def __enter__(self) -> Away:
        self.elsewhere.__enter__()
        return super().__enter__()

    def __exit__(self, *failure: Any) -> None:
        super().__exit__(*failure)
        self.elsewhere.__exit__(*failure)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        on_host = bool(args) and any(args[0] is host for host in self.fetched)
        if name in ("numpy", "__array__") and not on_host:
            raise TypeError(f"{name} of a tensor on the device: fetch it with cpu() first")
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and result.device == self.elsewhere:
            raise TypeError(f"{name} makes a tensor without naming its device")
        if isinstance(result, Tensor) and (name == "cpu" or on_host):
            result = result.detach()  # another object than the one on the device
            self.fetched.append(result)
        return result
