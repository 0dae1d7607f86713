"""The services of a compose file, converted to services of the project file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from cli.init.checks import mount_notices, value_checks
from cli.init.compose_data import missing_in
from cli.init.compose_file import ComposeFile, read_compose_file
from cli.init.connecting import Endpoint, alias_of, clients_of, endpoints, ports_by_use, unserved
from cli.init.draft import PLACEHOLDER_IMAGE, ServiceDraft, placeholder_command, service_name
from cli.init.entry import Entry, SourceFiles, read_entry, with_shared_builds
from cli.init.hosts import Hosts, names_of
from cli.init.images import is_heavy, is_proxy
from cli.init.listening import http_port, listening_port
from cli.init.notices import Group, Notice
from cli.init.omitted import described, omitted_reason
from cli.init.one_off import completed_by, is_one_off
from cli.init.routing import route_of
from cli.init.settings import dropped_keys, health_settings, settings_of
from cli.init.values import Variables, classified, secret_words

_MAX_BEFORE = 5
_DEFAULT_PORT = 3000
_TOP_LEVEL = ("secrets", "configs", "models")
PLACEHOLDER_NOTE = "Placeholder image: replace it with your own."


@dataclass
class Converted:
    """The services of a compose file.

    Attributes:
        catch_all: The service that gets the requests to all other paths: the proxy, or the first one.
        name: The name of the compose project; empty if the file does not set it.
    """

    services: tuple[ServiceDraft, ...] = ()
    notices: list[Notice] = field(default_factory=list)
    catch_all: str | None = None
    name: str = ""


def convert(file: Path) -> Converted:
    """Convert a compose file, with the Dockerfiles and env files that it names.

    Raises ProjectError if it is not YAML or has too many values, ValueError if it is not a compose file, OSError.
    """
    return _Conversion(read_compose_file(file), file).run()


def compose_services(file: Path) -> tuple[tuple[ServiceDraft, ...], list[Notice]]:
    """The services of a compose file, and notices about the others. Raises as `convert`."""
    converted = convert(file)
    return converted.services, converted.notices


class _Conversion:
    """Converts the services one step after the other: all names are known before values are read."""

    def __init__(self, compose: ComposeFile, file: Path) -> None:
        self.compose, self.folder = compose, file.parent
        self.hosts = Hosts()
        self.notices: list[Notice] = []
        self.entries: list[Entry] = []
        self.before: dict[str, list[tuple[str, ...]]] = {}
        self.variables: dict[str, Variables] = {}

    def run(self) -> Converted:
        self.notices += [Notice(Group.CHECK, name, reason) for name, reason in self.compose.notes]
        self._read()
        self._one_offs()
        self._name()
        called = endpoints(self.entries, self.hosts, self.folder)
        for entry in self.entries:
            self.variables[entry.key] = classified(entry.environment, self.compose.values, self.hosts)
        drafts = [self._connected(entry, self._draft(entry), called) for entry in self.entries]
        files = ", ".join(dict.fromkeys(self.compose.files))
        names = ", ".join(draft.name for draft in drafts) or "nothing to deploy"
        self.notices.append(Notice(Group.FOUND, files, names))
        self._summarize(drafts)
        return Converted(tuple(drafts), self.notices, self._catch_all(drafts), self.compose.name)

    def _read(self) -> None:
        """Read every service, and leave out those that are not deployed."""
        files = SourceFiles()
        values = self.compose.values
        entries = [read_entry(key, data, self.folder, values, files) for key, data in self.compose.services.items()]
        with_shared_builds(entries)
        for entry in entries:
            self.hosts.add(entry.key, [entry.key])
        for entry in entries:
            self.hosts.add(entry.key, names_of(entry.key, entry.data))
            if reason := omitted_reason(entry):
                self._omit(entry, reason)
            else:
                self.entries.append(entry)

    def _omit(self, entry: Entry, reason: str) -> None:
        self.hosts.omitted.add(entry.key)
        self.notices.append(Notice(Group.OMITTED, described(entry), reason))

    def _one_offs(self) -> None:
        """Services that run once become `deployment.before` of the service with the same image."""
        awaited = completed_by(self.compose.services)
        once = [
            entry
            for entry in self.entries
            if is_one_off(entry.key, entry.data, (*entry.entrypoint, *entry.command), entry.key in awaited)
        ]
        self.entries = [entry for entry in self.entries if entry not in once]
        for entry in once:
            owner = self._owner(entry)
            command = _command_of(entry, owner)
            if owner is None or command is None or len(self.before.get(owner.key, ())) >= _MAX_BEFORE:
                why = (
                    "runs once, and no service has its image" if owner is None else "runs once, with its own entrypoint"
                )
                self._omit(entry, f"{why}: run it by hand, or add its command to deployment.before of a service")
                continue
            self.before.setdefault(owner.key, []).append(command)
            self.notices.append(
                Notice(Group.OMITTED, entry.key, f"runs once, so it is deployment.before of {owner.key}")
            )
            if more := [name for name in entry.environment if name not in owner.environment]:
                text = f"{entry.key}, now in its deployment.before, also uses {', '.join(more)}"
                self.notices.append(Notice(Group.CHECK, owner.key, text))

    def _owner(self, once: Entry) -> Entry | None:
        """The service whose image runs a one-off task: one that waits for it, else one with ports, else the first."""

        def same(entry: Entry) -> bool:
            if once.build and entry.build:
                return (once.build.context, once.build.dockerfile) == (entry.build.context, entry.build.dockerfile)
            return not once.build and not entry.build and bool(once.image) and once.image == entry.image

        fitting = [entry for entry in self.entries if same(entry)]
        return min(fitting, key=lambda entry: (once.key not in _depends_on(entry), not entry.publishes), default=None)

    def _name(self) -> None:
        taken: set[str] = set()
        for entry in self.entries:
            entry.name = service_name(entry.key, taken)
            taken.add(entry.name)
            if entry.name != entry.key:
                self.notices.append(Notice(Group.FOUND, "", f"{entry.key} is named {entry.name} in the project file"))

    def _draft(self, entry: Entry) -> ServiceDraft:
        variables = self.variables[entry.key]
        settings = settings_of(entry)
        port, paths = self._web_port(entry, variables.literals)
        if secret_words(entry.command):
            entry.checks.append("its command contains a credential and is not copied")
            entry.command = ()
        secrets = {name: self._parameter(entry, name) for name in variables.secrets}
        draft = ServiceDraft(
            entry.name,
            entry.image if entry.image and not entry.build else PLACEHOLDER_IMAGE,
            port,
            paths,
            entry.command,
            variables.literals,
            build=entry.build,
            secrets=secrets,
            before=tuple(self.before.get(entry.key, ())),
            heavy=is_heavy(entry.base_image),
        )
        if draft.is_placeholder:
            return _placeholder(entry, draft, settings)
        return replace(draft, settings={**settings, **health_settings(entry, port)})

    def _web_port(self, entry: Entry, environment: dict[str, str]) -> tuple[int | None, tuple[str, ...]]:
        """The port of a service that receives requests from outside, and its paths; None for a worker."""
        route = None if entry.publishes else route_of(entry.data, entry.environment)
        if not entry.publishes and route is None:
            return None, ()
        guessed = listening_port((*entry.entrypoint, *entry.command), environment)
        own = entry.stage.port if entry.stage else None
        if entry.published:
            port = http_port(entry.published)
            if port is None:
                number = entry.published[0]
                entry.checks.append(
                    f"publishes port {number}, which is not HTTP: it is only reachable by other services"
                )
                entry.exposed = (*entry.exposed, *entry.published)
            entry.published = tuple(sorted(entry.published, key=lambda each: each != port))
            return port, ()
        known = (route.port if route else None) or next(iter(entry.exposed), None) or guessed or own
        if known is None:
            entry.checks.append(f"its port is not known: {_DEFAULT_PORT} is assumed")
        return known or _DEFAULT_PORT, route.paths if route else ()

    def _parameter(self, entry: Entry, name: str) -> str:
        """The end of the SSM parameter's name: that of the variable, unless two services have different values."""
        values = {
            str(other.environment[name])
            for other in self.entries
            if other.environment.get(name) and name in self.variables[other.key].secrets
        }
        return name if len(values) < 2 else f"{entry.name}/{name}"

    def _connected(self, entry: Entry, draft: ServiceDraft, called: dict[str, Endpoint]) -> ServiceDraft:
        """The service with its endpoint in Service Connect, if others call it or it calls others."""
        endpoint = called.get(entry.key)
        internal = entry.exposed or (entry.stage.exposed if entry.stage and not entry.overrides_command else ())
        if draft.port is not None:
            own = [draft.port]
        else:
            guessed = listening_port((*entry.entrypoint, *entry.command), draft.environment)
            own = [*internal, *([guessed] if guessed else []), *(entry.stage.exposed if entry.stage else ())]
        is_client = entry.key in clients_of(called)
        if endpoint is None:
            connect = bool(internal) and draft.port is None
            port = internal[0] if connect else None
            return replace(draft, connect=connect or is_client, connect_port=port)
        base = entry.stage.port if entry.stage else None
        port = ports_by_use([*own, *([base] if base and not own else [])], endpoint.ports)
        if port is None:
            entry.checks.append("other services call it, and its port is not known: set connect.port")
            return replace(draft, connect=is_client)
        alias, others = alias_of(endpoint, entry.name)
        if wrong := unserved(endpoint, port):
            listed = ", ".join(map(str, wrong))
            entry.checks.append(f"other services call port {listed} of it, and it serves port {port}")
        if others:
            entry.checks.append(f"Service Connect has one name for it, {alias or entry.name}; not {', '.join(others)}")
        connect_port = None if draft.port == port else port
        return replace(draft, connect=True, connect_port=connect_port if draft.port is None else None, alias=alias)

    def _catch_all(self, drafts: list[ServiceDraft]) -> str | None:
        keys = {entry.name: entry for entry in self.entries}
        web = [draft.name for draft in drafts if draft.port is not None and not draft.paths]
        proxies = [name for name in web if is_proxy(keys[name].key, keys[name].base_image)]
        return next(iter([*proxies, *web]), None)

    def _summarize(self, drafts: Iterable[ServiceDraft]) -> None:
        for entry, draft in zip(self.entries, drafts, strict=True):
            entry.dropped += [f"environment.{name}" for name in self.variables[entry.key].invalid]
            entry.checks += value_checks(entry, self.variables[entry.key])
            if keys := dropped_keys(entry):
                self.notices.append(Notice(Group.DROPPED, draft.name, ", ".join(keys)))
            self.notices += [Notice(Group.CHECK, draft.name, text) for text in entry.checks]
            self.notices += mount_notices(entry, draft)
        mentioned = {key for entry in self.entries for key in entry.data}
        if keys := [key for key in self.compose.top_level if key in _TOP_LEVEL and key not in mentioned]:
            self.notices.append(Notice(Group.DROPPED, self.compose.files[0], ", ".join(keys)))
        if self.entries and not any(draft.port for draft in drafts):
            text = "no service publishes a port, so the project has no load balancer"
            self.notices.append(Notice(Group.CHECK, "", text))


def _placeholder(entry: Entry, draft: ServiceDraft, settings: dict[str, object]) -> ServiceDraft:
    """A service whose image is not known runs one that answers on its port. Its own command is a comment."""
    notes = [PLACEHOLDER_NOTE]
    image = entry.data.get("image")
    missing = missing_in(image)
    if image is not None and entry.data.get("build") is None:
        why = f"needs the variable {', '.join(missing)}" if missing else "is not a valid name"
        notes.append(f"The image of the compose file {why}.")
        entry.checks.append(f"its image {why}, so it runs a placeholder: set image")
    else:
        entry.checks.append("has no image and no build that can be used, so it runs a placeholder")
    if draft.command and not secret_words(draft.command):
        notes.append(f"Its command: {' '.join(draft.command)}")
    kept = {key: value for key, value in settings.items() if key in ("cpu", "memory", "count", "stop_timeout")}
    command = placeholder_command(draft.port or next(iter(entry.exposed), None))
    return replace(draft, command=command, notes=tuple(notes), settings=kept)


def _command_of(once: Entry, owner: Entry | None) -> tuple[str, ...] | None:
    """The command of a one-off task in the image of another service; None if that service can't run it."""
    if once.entrypoint:
        has_own = owner is not None and (owner.entrypoint or (owner.stage and owner.stage.entrypoint))
        return None if has_own else (*once.entrypoint, *once.command)
    command = once.command or (once.stage.command if once.stage else ())
    return None if not command or secret_words(command) else command


def _depends_on(entry: Entry) -> list[str]:
    value = entry.data.get("depends_on")
    return [str(name) for name in value] if isinstance(value, (list, dict)) else []
