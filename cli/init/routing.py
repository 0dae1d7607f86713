"""Services that a proxy outside of the compose file, or one that reads Docker's labels, passes requests to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.init.compose_data import environment_of
from cli.init.listening import tcp_port

_ROUTER = re.compile(r"traefik\.http\.routers\..+\.rule|traefik\.frontend\.rule|caddy(?:_\d+)?")
_PORT = re.compile(r"traefik\.http\.services\..+\.loadbalancer\.server\.port|traefik\.port|caddy\.reverse_proxy")
_PREFIX = re.compile(r"Path(?:Prefix)?\(\s*[`'\"](/[^`'\"]+)[`'\"]")


@dataclass(frozen=True)
class Route:
    """The port and the paths of a service behind a proxy; no port if the proxy uses the exposed one."""

    port: int | None
    paths: tuple[str, ...] = ()


def route_of(data: Mapping[str, Any], environment: Mapping[str, Any]) -> Route | None:
    """The route in the labels of Traefik or Caddy, or the variables of nginx-proxy; None without one."""
    labels = {name: str(value) for name, value in environment_of(data.get("labels")).items() if value is not None}
    deploy = data.get("deploy")
    if isinstance(deploy, dict):
        labels |= {name: str(value) for name, value in environment_of(deploy.get("labels")).items()}
    rules = [value for name, value in labels.items() if _ROUTER.fullmatch(name)]
    if rules and labels.get("traefik.enable", "true").lower() != "false":
        ports = (re.search(r"\d{2,5}", value) for name, value in labels.items() if _PORT.fullmatch(name))
        port = next((tcp_port(found[0]) for found in ports if found), None)
        prefixes = [prefix.rstrip("/") for rule in rules for prefix in _PREFIX.findall(rule) if prefix != "/"]
        paths = tuple(dict.fromkeys(path for prefix in prefixes[:2] for path in (prefix, f"{prefix}/*")))
        return Route(port, paths)
    if environment.get("VIRTUAL_HOST"):
        return Route(tcp_port(str(environment.get("VIRTUAL_PORT") or "")))
    return None
