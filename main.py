"""The cdktf app: `cdktf synth`, `cdktf list` and `cdktf deploy` run this file and say which stacks there are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cli.sentences import sentences
from stacks.errors import EcsforgeError, SynthError
from stacks.project import Selection, load


def main() -> None:
    """Synthesize the environment that `ECSFORGE_ENV` names, or every environment of the project file."""
    file, project_id, env = (os.environ.get(f"ECSFORGE_{name}") or None for name in ("FILE", "PROJECT_ID", "ENV"))
    from_variables = frozenset({"project_id", "env"})
    loaded = load(Selection(Path(file) if file else None, project_id, env, from_variables=from_variables))
    if os.environ.get("SYNTH_HCL_OUTPUT") == "true":
        # cdktf-cli would format what it takes for one file of HCL a stack, and break it.
        raise SynthError("cdktf --hcl: not supported; leave it out, and write HCL with: ecsforge synth --format hcl")
    from stacks.app import synthesize

    told = os.environ.get("CDKTF_OUTDIR")
    out = Path(told or "cdktf.out")
    before = [folder for folder in out.glob("stacks/*") if folder.is_dir()]
    synthesize(loaded, out)
    # The cdktf command removes the folders of stacks that are no more by itself, and fails where one is gone already.
    for folder in before if told else ():
        folder.mkdir(exist_ok=True)


if __name__ == "__main__":
    try:
        main()
    except EcsforgeError as error:
        print(sentences(error), file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}" if error.filename else error.strerror, file=sys.stderr)
        sys.exit(1)
