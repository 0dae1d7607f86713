"""Errors of the file system while Node.js writes the output of cdktf."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.sentences import sentences
from stacks.errors import SynthError
from stacks.output import write


class Refused:
    """An app whose synth fails as jsii reports it."""

    def __init__(self, message: str) -> None:
        self._message = message

    def synth(self) -> None:
        raise RuntimeError(self._message)


def test_a_refused_write_is_an_error_with_the_folder_and_the_reason() -> None:
    with pytest.raises(SynthError) as caught:
        write(Refused("Error: ENOSPC: no space left on device, write"), Path("cdktf.out"))  # type: ignore[arg-type]

    assert sentences(caught.value) == (
        "cdktf.out: cannot write the stacks; got no space left on device (ENOSPC); free disk space or fix the "
        "permissions, then try again"
    )


def test_any_other_error_is_a_bug() -> None:
    with pytest.raises(RuntimeError, match="an error in cdktf"):
        write(Refused("Error: an error in cdktf"), Path("cdktf.out"))  # type: ignore[arg-type]
