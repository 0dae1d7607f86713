"""`ecsforge ci`: pipelines that deploy without stored keys."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import click

from cli.loading import one_stack_or_shared
from cli.options import Command, Context, repeated_options, selection_options, shared_option

if TYPE_CHECKING:
    from operations.ci.documents import PipelineRole
    from operations.ci.permissions import Subject
    from stacks.project import Loaded, Selection
    from stacks.project.models import Github, Project


@click.group(name="ci")
def ci() -> None:
    """Write the workflow of a pipeline, and create its roles in AWS."""


@ci.command(cls=Command)
@selection_options
def github(ctx: Context) -> None:
    """Write .github/workflows/ecsforge.yml, the workflow for GitHub Actions.

    On pull requests it validates, rehearses and plans; the plans are one comment, which is updated. On a push to the
    branch it builds once and deploys the environments one after the other, in the order of the file. What you write
    between its `yours` lines is kept. Prints the file on stdout.

    \b
    Examples:
      ecsforge ci github
      ecsforge -f deploy/ecsforge.yaml ci github
    """
    from operations.ci.github.model import Workflow
    from operations.ci.github.workflow import repository_of, write
    from operations.ci.subject import github_of
    from operations.text import shown_path

    loaded = _every(ctx.selection)
    for warning in loaded.warnings:
        ctx.console.warn(warning)
    settings = github_of(loaded.projects[0])
    top = repository_of(loaded.root)
    workflow = Workflow(
        settings,
        loaded.projects,
        loaded.shared.project if loaded.shared else None,
        PurePosixPath(loaded.root.resolve().relative_to(top).as_posix()),
        tuple(_options_in_folder(ctx.selection, loaded)),
    )
    file, changed = write(workflow, top)
    ctx.console.data(shown_path(file))
    if not changed:
        ctx.console.say("The workflow is up to date")
        return
    stacks = [*(["--shared"] if loaded.shared else []), *(f"--env {each.env}" for each in loaded.projects)]
    again = shlex.join(["ecsforge", "ci", "init", *repeated_options(ctx.selection)])
    ctx.console.say(f"Next: create the roles ({again} {', '.join(stacks)}), then commit the file")


@ci.command(cls=Command)
@selection_options
@click.option("--print", "only_print", is_flag=True, help="Print the roles and policies as JSON, and create nothing.")
@shared_option
def init(ctx: Context, only_print: bool, shared: bool) -> None:
    """Create the roles of an environment's pipeline, and GitHub's identity provider.

    The deploy role can be assumed only by jobs with this environment of the repository, the plan role only by jobs of
    its pull requests; it may only read. An environment that is not planned on pull requests has no plan role: one that
    is protected, unless ci.github.plan_protected is true, and one with assume_role. With --shared it is the role that
    builds images and deploys their repositories.

    Needs credentials of an administrator, and is safe to repeat. With --print it needs none if the project file has
    account_id.

    \b
    Examples:
      ecsforge ci init --env dev
      ecsforge ci init --shared
      ecsforge ci init --env prod --print
    """
    from operations.ci.documents import roles_of
    from operations.ci.setup import create_roles
    from operations.ci.subject import account_of, github_of, own_session, require_safe_name, subject_of

    loaded = one_stack_or_shared(ctx, shared)
    project = _project(loaded)
    settings = github_of(project)
    require_safe_name(project)
    reporter = ctx.reporter()
    session = None if only_print and account_of(project, None) else own_session(project, reporter)
    account = account_of(project, session)
    assert account is not None
    others = _every(ctx.selection).projects
    subject = subject_of(loaded, others, account, with_state=session is not None)
    roles = roles_of(subject, settings)
    if only_print:
        ctx.console.data(json.dumps(_documents(subject, roles), indent=2))
    else:
        assert session is not None
        create_roles(session, project, account, roles, reporter)
    _warn(ctx, subject)
    if not only_print:
        _say_settings(ctx, subject, settings)


@ci.command(cls=Command)
@selection_options
@shared_option
def remove(ctx: Context, shared: bool) -> None:
    """Delete the roles of an environment's pipeline. GitHub's identity provider stays, for other roles.

    \b
    Examples:
      ecsforge ci remove --env dev
      ecsforge ci remove --shared
    """
    from operations.ci.setup import remove_roles
    from operations.ci.subject import own_session

    loaded = one_stack_or_shared(ctx, shared)
    project = _project(loaded)
    reporter = ctx.reporter()
    if not remove_roles(own_session(project, reporter), project, reporter):
        ctx.console.say(f"{project.project_id}-{project.env} has no roles for pipelines")
    again = _again(ctx, "init", project, shared)
    ctx.console.say(
        f"The workflow can't deploy {project.project_id}-{project.env} without them. To create them: {again}"
    )


def _project(loaded: Loaded) -> Project:
    if loaded.projects:
        return loaded.projects[0]
    assert loaded.shared is not None
    return loaded.shared.project


def _every(selection: Selection) -> Loaded:
    """Every environment of the file, whatever is selected; the selected one of a file without environments."""
    from stacks.project import environments_in, load

    known = environments_in(selection)
    return load(replace(selection, env=None) if known else selection)


def _options_in_folder(selection: Selection, loaded: Loaded) -> list[str]:
    """The options that select the project file in its own folder, where the jobs of the workflow run."""
    from stacks.project import FILE_NAME

    file = loaded.file
    named = ["-f", file.name] if file is not None and file.name != FILE_NAME else []
    sets = tuple(each for each in selection.sets if not each.startswith("ci."))
    return [*named, *repeated_options(replace(selection, file=None, sets=sets))]


def _again(ctx: Context, command: str, project: Project, shared: bool) -> str:
    which = ["--shared"] if shared else ["--env", project.env]
    return shlex.join(["ecsforge", "ci", command, *repeated_options(ctx.selection), *which])


def _documents(subject: Subject, roles: tuple[PipelineRole, ...]) -> dict[str, object]:
    from operations.ci.documents import assumed_policies
    from operations.ci.names import AUDIENCE, ISSUER
    from operations.ci.subject import account_to_deploy_to

    provider = {"arn": subject.account.provider_arn, "url": f"https://{ISSUER}", "client_ids": [AUDIENCE]}
    documents: dict[str, object] = {"provider": provider, "roles": [each.to_json() for each in roles]}
    if subject.project.assume_role is not None:
        in_account = replace(subject, account=account_to_deploy_to(subject))
        documents["assumed_role"] = {"arn": subject.project.assume_role, "policies": assumed_policies(in_account)}
    return documents


def _warn(ctx: Context, subject: Subject) -> None:
    """Say what the policies can't keep a role from."""
    project = subject.project
    if "aws_iam_role" in subject.types and project.permissions_boundary is None and project.assume_role is None:
        ctx.console.warn(
            "the deploy role creates roles and gives them policies, so it can reach everything in the account; set "
            "permissions_boundary in the project file to limit it"
        )


def _say_settings(ctx: Context, subject: Subject, settings: Github) -> None:
    """The settings of GitHub without which anyone with write access could deploy."""
    from operations.ci.github.model import ACCOUNT_VARIABLE, account_of

    project, say = subject.project, ctx.console.say
    url = f"https://github.com/{settings.repository}/settings"
    say(f"Next, on GitHub. Without these settings, anyone who can push a branch to {settings.repository} can deploy:")
    say(f"  {url}/environments: create the environment {project.env}")
    say(f"  Deployment branches and tags: Selected branches and tags, with only {settings.branch}")
    if project.protected:
        say("  Required reviewers: those who approve a deploy, with Prevent self-review")
    if account_of(project) is None:
        say(f"  {url}/variables/actions: the variable {ACCOUNT_VARIABLE} with {subject.account.account_id}")
    again = shlex.join(["ecsforge", "ci", "github", *repeated_options(ctx.selection)])
    say(f"Then write the workflow: {again}")
