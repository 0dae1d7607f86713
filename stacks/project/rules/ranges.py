"""Whether an IPv4 range is valid."""

from __future__ import annotations

from ipaddress import IPv4Network


def range_fault(text: str, largest: int = 0, smallest: int = 32) -> tuple[str, str] | None:
    """What is invalid in an IPv4 range, as the end of a sentence, and a fix; None when it is valid.

    `largest` and `smallest` are the valid prefix lengths.
    """
    example = "10.0.0.0/16" if largest else "203.0.113.0/24"
    must = "must be an IPv4 range" + (f" from /{largest} to /{smallest}" if largest else "")
    try:
        network = IPv4Network(text, strict=False)
    except ValueError:
        bare = text.strip()
        legal = bare != text and range_fault(bare, largest, smallest) is None
        return must, f"write {bare}" if legal else f"for example {example}"
    if "/" not in text or not text.partition("/")[2].isdecimal():
        return must, f"add the prefix length: write {network.network_address}/{largest or network.prefixlen}"
    if not largest <= network.prefixlen <= smallest:
        return must, f"use a prefix length from /{largest} to /{smallest}"
    if str(network) != text:
        return "must be a network address without host bits", f"write {network}"
    return None
