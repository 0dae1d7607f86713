"""The cdktf app: `cdktf synth`, `cdktf list` and `cdktf deploy` run this file to generate the stacks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cli.sentences import sentences
from stacks.errors import EcsforgeError, SynthError
from stacks.project import Selection, load


def main() -> None:
    """Synthesize the environment in `ECSFORGE_ENV`, or every environment of the project file."""
    file, project_id, env = (os.environ.get(f"ECSFORGE_{name}") or None for name in ("FILE", "PROJECT_ID", "ENV"))
    from_variables = frozenset({"project_id", "env"})
    loaded = load(Selection(Path(file) if file else None, project_id, env, from_variables=from_variables))
    if os.environ.get("SYNTH_HCL_OUTPUT") == "true":
        # cdktf-cli expects one HCL file per stack and would break our output while formatting it.
        fix = "generate HCL with `ecsforge synth --format hcl` instead"
        raise SynthError.of("cdktf --hcl", "not supported", fix=fix)
    from operations.terraform import lock_file
    from stacks.app import synthesize

    outdir = os.environ.get("CDKTF_OUTDIR")
    out = Path(outdir or "cdktf.out")
    before = [folder for folder in out.glob("stacks/*") if folder.is_dir()]
    for stack in synthesize(loaded, out):
        lock_file.place(loaded.root, stack.path, lock_file.sources(stack.configuration["terraform"]))
    # cdktf-cli removes the folders of stacks that no longer exist, and fails if one is already deleted.
    for folder in before if outdir else ():
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
