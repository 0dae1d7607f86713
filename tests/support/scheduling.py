"""Which worker runs which end-to-end test, and when: most of them wait for the AWS provider, up to half an hour."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

LONGEST = ("test_databases", "test_rails_shop", "test_actions", "test_own_terraform", "test_event_system")
"""The files that take longest, a quarter of an hour or more. They start first."""
INDEPENDENT = ("test_examples",)
"""The files whose tests take minutes each, and share nothing: any worker runs any of them."""


class LongestFirst(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """`--dist loadfile`, in the order of collection, where each test of `INDEPENDENT` is like a file of its own."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return nodeid if any(f"/{name}.py" in file for name in INDEPENDENT) else file


def place_of(name: str) -> int:
    """The place of a file in the order of the tests."""
    first = (*LONGEST, *INDEPENDENT)
    return first.index(name) if name in first else len(first)
