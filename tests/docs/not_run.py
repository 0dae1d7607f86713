"""The commands in the documentation that no test runs, by name, and why. Their options are checked all the same."""

from __future__ import annotations

NOT_RUN: dict[str, str] = {
    r"uv tool install ": "downloads packages",
    r"(ECSFORGE_ENV=\w+ )?npx cdktf-cli": "downloads cdktf-cli; tests/npm runs it",
    r"cdktf deploy ": "needs cdktf-cli; tests/npm runs it",
    r"(AWS_PROFILE=\w+ )?make e2e-aws": "needs a real account; tests/e2e/test_aws_run.py runs it against an emulator",
    r"make (synth|test)": "installs the packages of the clone; .ci/run runs it",
    r"\.venv/bin/pytest ": "is a part of the tests",
    r"make bench|\.venv/bin/python -m benchmarks": "takes minutes; tests/benchmarks runs it",
    r"git worktree add ": "needs the history of the clone",
    r"docker |aws ecr get-login-password": "needs Docker and an account; tests/images has the registry",
    r"aws resourcegroupstaggingapi |aws iam ": "lists what a run in a real account left",
    r"terraform apply ": "asks for a change that ecsforge makes; tests/e2e/test_shared.py runs plain Terraform",
    r"terraform -chdir=\S+ providers mirror ": "downloads providers",
    r"export ECSFORGE_PROVIDER_MIRROR=": "names the folder with the downloaded providers",
    r"ecsforge rehearse": "takes two minutes; tests/e2e/test_rehearse.py runs it",
    r"ecsforge logs .*--follow": "ends with Ctrl-C; tests/operations/health/test_logs.py interrupts it",
    r"ecsforge deploy .*--migrate-state": "the bucket requires TLS, unlike the emulator; test_state.py moves a state",
    r"ecsforge state unlock ": "needs a lock that a killed process left; tests/e2e/test_state.py releases one",
    r"ecsforge promote ": "needs two environments with images in a registry; tests/e2e/test_release.py promotes",
    r"ecsforge run ": "the emulator runs no containers; tests/cli/commands/test_run.py runs it",
    r"ecsforge (exec|tunnel) ": "needs the Session Manager plugin; tests/cli/commands/test_sessions.py runs it",
    r"ecsforge (rollback|stop|start) ": "needs an earlier revision; tests/e2e/test_operate.py runs a day",
    r"aws cloudtrail ": "needs an account with sessions",
    r"ecsforge status .* \|\| notify": "`notify` is a program of the reader",
    r"repository=": "needs jq and a pipeline with Docker",
    r"ecsforge (build|deploy) .*--(tag|image|build)\b|ecsforge build ": "tests/e2e/test_images.py builds and deploys",
}
"""The reason by the pattern that a command begins with."""

SECTIONS_NOT_RUN: dict[tuple[str, str], str] = {
    ("account.md", "The account"): "needs an account; test_account.py runs doctor, drift, secrets and open",
    ("by-hand.md", "The commands"): "needs an account; tests/e2e/test_workflow.py runs them",
    ("gitlab.md", "The roles and the pipeline"): "needs an account; tests/cli/commands/test_ci.py runs ci init",
    ("github-actions.md", "From nothing to a deploy"): "needs an account; tests/e2e/test_workflow.py runs the workflow",
    ("github-actions.md", "What the roles may do"): "needs an account; tests/cli/commands/test_ci.py runs it",
    ("github-actions.md", "Remove it"): "needs an account; tests/cli/commands/test_ci.py runs it",
    (
        "databases.md",
        "The password",
    ): "needs a project file with a database; tests/cli/commands/test_secrets.py runs it",
    ("databases.md", "Remove it"): "needs an account with a snapshot; tests/e2e/test_databases.py destroys databases",
    ("deploy.md", "When CI owns the image"): "is a pipeline with an account; test_deploy.py runs its jq programs",
}
"""The reason by page and heading, for all commands below it."""
