"""Rules of redirected hosts.

Sources: the ELB API reference (RedirectActionConfig: the host can't be empty, at most 128 characters) and the ELB User
Guide ("Redirect actions": a loop is an error in the browser).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from stacks.project.models import Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, repeated
from stacks.project.rules.load_balancing import host_pattern
from stacks.project.targets import all_targets

_REDIRECTS = ("load_balancer", "redirects")


def redirects(project: Project) -> Iterator[Finding]:
    """Each redirect is from a host of no service to another host, without a loop."""
    given = project.load_balancer.redirects
    yield from _repeated(tuple(each.source for each in given))
    hosts = _hosts(project)
    for index, redirect in enumerate(given):
        source, target = ((*_REDIRECTS, index, key) for key in ("from", "to"))
        faults = [*host_pattern(source, redirect.source), *_target(target, redirect.to)]
        yield from faults
        if faults:
            continue
        served = next((path for host, path in hosts.items() if fnmatchcase(host, redirect.source)), None)
        if served is not None:
            what = f"{dotted(source)} redirects the host of {dotted(served)}"
            yield Finding((source, served), what, redirect.source, "remove one of them")
        if _loops(project, redirect.to.lower()):
            what = f"{dotted(target)} is redirected again, without end"
            yield Finding((target, source), what, redirect.to, "redirect to a host without a redirect of its own")


def _repeated(sources: tuple[str, ...]) -> Iterator[Finding]:
    for finding in repeated(_REDIRECTS, sources):
        paths = tuple((*path, "from") for path in finding.paths)
        what = f"{dotted(paths[0])} duplicates {dotted(paths[1])}"
        yield Finding(paths, what, finding.got, finding.fix)


def _hosts(project: Project) -> Mapping[str, Path]:
    return {
        host.lower(): (*target.path, "hosts", index)
        for target in all_targets(project.services)
        for index, host in enumerate(target.routing.hosts)
    }


def _target(path: Path, host: str) -> Iterator[Finding]:
    if "*" in host or "?" in host:
        what = f"{dotted(path)} must be a host name without wildcards"
        yield Finding((path,), what, host, "redirect to one host of the service")
    else:
        yield from host_pattern(path, host)


def _loops(project: Project, host: str) -> bool:
    """Whether a request for the host is redirected until it is for a host again that it was for before."""
    seen: set[str] = set()
    while host not in seen:
        seen.add(host)
        matching = (each for each in project.load_balancer.redirects if fnmatchcase(host, each.source))
        following = next(matching, None)
        if following is None:
            return False
        host = following.to.lower()
    return True


RULES: tuple[Rule, ...] = (redirects,)
