"""The jobs of the workflow.

On a pull request: `validate`, `rehearse`, `plan-ENV`, `comment`; without credentials `plan-skipped` in place of plans.
On a push: `build`, then `deploy-ENV` one after the other. A job that fails stops those that need it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from operations.ci.github import pins
from operations.ci.github.model import Workflow, listed_jobs, stack_of, variable_of
from operations.ci.github.steps import Lines, checkout, credentials, indented, run, scalar, tools, yours
from stacks.naming import SHARED
from stacks.project.models import Project

_PULL_REQUEST = "github.event_name == 'pull_request'"
_PUSH = "github.event_name == 'push'"
_OWN = (
    "github.event.pull_request.head.repo.full_name == github.repository"
    " && github.event.pull_request.user.login != 'dependabot[bot]'"
)
_CODE = ("contents: read # checks out the code",)
_AWS = (*_CODE, "id-token: write # signs in to AWS")
_COMMENT_LIMIT = 65_000
"""Bytes of a comment; GitHub accepts 65,536 characters."""


def jobs_of(workflow: Workflow) -> Iterator[Lines]:
    """The jobs in their order, as lines below `jobs:`."""
    yield _validate(workflow)
    yield _rehearse(workflow)
    yield from (_plan(workflow, each) for each in workflow.planned)
    if workflow.planned:
        yield _skipped()
        yield _comment(workflow)
    if workflow.built:
        yield _build(workflow)
    before = ["build"] if workflow.built else []
    for each in workflow.environments:
        yield _deploy(workflow, each, before)
        before = [*(["build"] if workflow.built else []), f"deploy-{each.env}"]


def _job(
    key: str,
    name: str,
    head: Sequence[str],
    permissions: Sequence[str],
    steps: Lines,
    *,
    minutes: int,
    folder: str = "",
) -> Lines:
    granted = ["permissions:", *indented(permissions, 2)] if permissions else ["permissions: {}"]
    defaults = ["defaults:", "  run:", f"    working-directory: {scalar(folder)}"] if folder else []
    body = [f"name: {name}", *head, f"runs-on: {pins.RUNNER}", f"timeout-minutes: {minutes}", *granted, *defaults]
    return indented([f"{key}:", *indented([*body, "steps:", *indented(steps, 2)], 2)], 2)


def _folder(workflow: Workflow) -> str:
    folder = str(workflow.folder)
    return "" if folder == "." else folder


def _validate(workflow: Workflow) -> Lines:
    steps = [
        *checkout(),
        *tools(workflow),
        *run("Validate every environment", workflow.command("validate")),
        *yours("checks"),
    ]
    return _job("validate", "Validate", [f"if: {_PULL_REQUEST}"], _CODE, steps, minutes=15, folder=_folder(workflow))


def _rehearse(workflow: Workflow) -> Lines:
    names = ", ".join(scalar(each.env) for each in workflow.environments)
    head = [
        f"if: {_PULL_REQUEST}",
        *("strategy:", "  fail-fast: false", "  matrix:", f"    environment: [{names}]"),
    ]
    script = f'{workflow.command("rehearse")} --env "$ENVIRONMENT"'
    env = {"ENVIRONMENT": "${{ matrix.environment }}"}
    steps = [*checkout(), *tools(workflow), *run("Rehearse the whole life offline", script, env=env)]
    name = "Rehearse ${{ matrix.environment }}"
    return _job("rehearse", name, head, _CODE, steps, minutes=45, folder=_folder(workflow))


def _plan(workflow: Workflow, project: Project) -> Lines:
    env = project.env
    script = f"""
{workflow.command("plan", "--env", env, "--no-lock", "--markdown")} > "$RUNNER_TEMP/plan.md"
cat "$RUNNER_TEMP/plan.md" >> "$GITHUB_STEP_SUMMARY"
end="$(cat /proc/sys/kernel/random/uuid)" # nothing in the plan can end the output
{{ echo "markdown<<$end"; cat "$RUNNER_TEMP/plan.md"; echo "$end"; }} >> "$GITHUB_OUTPUT"
"""
    head = [
        f"if: {_PULL_REQUEST} && {_OWN}",
        *("outputs:", "  markdown: ${{ steps.plan.outputs.markdown }}"),
    ]
    steps = [
        *checkout(),
        *tools(workflow),
        *credentials(workflow, "plan", project),
        *run(f"Plan {stack_of(project)}", script, id="plan"),
    ]
    return _job(f"plan-{env}", f"Plan {env}", head, _AWS, steps, minutes=30, folder=_folder(workflow))


def _skipped() -> Lines:
    text = "Pull requests of forks and of Dependabot get no credentials. Validation and rehearsal run."
    steps = run("Say why there is no plan", f"echo '::notice title=Plan skipped::{text}'")
    return _job("plan-skipped", "Plan skipped", [f"if: {_PULL_REQUEST} && !({_OWN})"], (), steps, minutes=5)


def _comment(workflow: Workflow) -> Lines:
    """One comment with all plans, found by its first line and updated in place."""
    env = {
        "GH_TOKEN": "${{ github.token }}",
        "NUMBER": "${{ github.event.pull_request.number }}",
        "LOG": "${{ github.server_url }}/${{ github.repository }}/actions/runs/${{ github.run_id }}",
    }
    plans = {variable_of(each.env): f"${{{{ needs.plan-{each.env}.outputs.markdown }}}}" for each in workflow.planned}
    adds = "\n".join(f'  add {stack_of(each)} "${variable_of(each.env)}"' for each in workflow.planned)
    needs = [f"plan-{each.env}" for each in workflow.planned]
    head = [
        f"needs: {listed_jobs(needs)}",
        f"if: ${{{{ !cancelled() && {_PULL_REQUEST} && {_OWN} }}}}",
    ]
    permissions = ("pull-requests: write # comments",)
    script = _COMMENT.format(project=workflow.project_id, adds=adds, limit=_COMMENT_LIMIT)
    steps = run("Write the comment, or update it", script, env={**env, **plans})
    return _job("comment", "Comment", head, permissions, steps, minutes=10)


_COMMENT = """
cd "$RUNNER_TEMP"
marker='<!-- ecsforge: the plans of {project} -->'
add() {{ # the plan of a stack, or that there is none
  printf '\\n%s\\n' "${{2:-$(printf '### `%s`\\n\\nNo plan: see [the log](%s).' "$1" "$LOG")}}"
}}
plans() {{
{adds}
}}
plans > plans.md
if [ "$(wc -c < plans.md)" -gt {limit} ]; then
  sed -i '/^<details>/,/^<\\/details>/d' plans.md
  printf '\\nThe plans are too long for a comment: see [the summary](%s).\\n' "$LOG" >> plans.md
fi
{{ echo "$marker"; head -c {limit} plans.md; }} > comment.md
comments="repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments"
own=".[] | select(.user.login == \\"github-actions[bot]\\" and (.body | startswith(\\"$marker\\"))) | .id"
id="$(gh api --paginate "$comments" --jq "$own" | sed -n 1p)"
if [ -n "$id" ]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field body=@comment.md
else
  gh api --silent --method POST "$comments" --field body=@comment.md
fi
"""


def _build(workflow: Workflow) -> Lines:
    """Build once, for all environments; services that did not change keep their image."""
    shared = workflow.shared
    assert shared is not None
    first = workflow.environments[0]
    build = workflow.command("build", *workflow.built, "--env", first.env, "--push")
    script = f"""
since=()
if git merge-base --is-ancestor "$BEFORE" HEAD 2> /dev/null; then since=(--changed-since "$BEFORE"); fi
{build} "${{since[@]}}" > "$RUNNER_TEMP/images.tsv"
echo "images=$(tr '\\t\\n' '= ' < "$RUNNER_TEMP/images.tsv")" >> "$GITHUB_OUTPUT"
{{ echo '### Images'; echo '```text'; cat "$RUNNER_TEMP/images.tsv"; echo '```'; }} >> "$GITHUB_STEP_SUMMARY"
"""
    head = [
        f"if: {_PUSH}",
        *_environment(workflow, SHARED),
        *("outputs:", "  images: ${{ steps.build.outputs.images }}"),
    ]
    steps = [
        *checkout(history=True),
        *yours("before the build"),
        *tools(workflow),
        *credentials(workflow, "deploy", shared),
        *run("Deploy the repositories", workflow.command("deploy", "--shared", "--auto-approve")),
        *run("Build and push", script, id="build", env={"BEFORE": "${{ github.event.before }}"}),
    ]
    return _job("build", "Build", head, _AWS, steps, minutes=60, folder=_folder(workflow))


def _deploy(workflow: Workflow, project: Project, needs: Sequence[str]) -> Lines:
    env, stack = project.env, stack_of(project)
    # GitHub's approval is the confirmation of a protected environment.
    consent = ("--yes-i-mean", stack) if project.protected else ("--auto-approve",)
    deploy = workflow.command("deploy", "--env", env, *consent)
    script, given = deploy, None
    if workflow.built:
        script = f"""
images=()
for image in $IMAGES; do images+=(--image "$image"); done
{deploy} "${{images[@]}}"
"""
        given = {"IMAGES": "${{ needs.build.outputs.images }}"}
    status = workflow.command("status", "--env", env)
    summary = f"""
{{ echo '### `{stack}`'; echo '```text'; {status} || true; echo '```'; }} >> "$GITHUB_STEP_SUMMARY"
"""
    head = [
        *([f"needs: {listed_jobs(needs)}"] if needs else []),
        f"if: {_PUSH}",
        *_environment(workflow, env),
    ]
    steps = [
        *checkout(),
        *tools(workflow),
        *credentials(workflow, "deploy", project),
        *run(f"Deploy {stack}", script, env=given),
        *run("Write the summary", summary, when="${{ !cancelled() }}"),
        *yours(f"after {env}"),
    ]
    return _job(f"deploy-{env}", f"Deploy {env}", head, _AWS, steps, minutes=120, folder=_folder(workflow))


def _environment(workflow: Workflow, env: str) -> Lines:
    """GitHub's environment, whose name is in the token, and one deploy of it at a time."""
    group = f"ecsforge-{workflow.project_id}-{env}"
    return [f"environment: {scalar(env)}", "concurrency:", f"  group: {group}", "  cancel-in-progress: false"]
