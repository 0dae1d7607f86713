"""Namespaces and services that Cloud Map refuses.

Source: https://docs.aws.amazon.com/cloud-map/latest/api/, pages API_CreateHttpNamespace,
API_CreatePrivateDnsNamespace and API_DeleteNamespace.
"""

from __future__ import annotations

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule

SERVICE = "servicediscovery"


@rule(SERVICE, "CreateHttpNamespace")
def http_namespace(request: Request) -> None:
    """Two HTTP namespaces of one name in a region."""
    name = request.parameters["Name"]
    for each in request.backend().namespaces.values():
        taken = each.type == "HTTP" and each.name == name
        refused_unless(
            not taken, "NamespaceAlreadyExists", f"A namespace with the name {name} already exists: {each.id}"
        )


@rule(SERVICE, "CreatePrivateDnsNamespace")
def dns_namespace(request: Request) -> None:
    """Two private DNS namespaces of one name in a VPC."""
    name, vpc = request.parameters["Name"], request.parameters["Vpc"]
    for each in request.backend().namespaces.values():
        if (each.type, each.name, each.vpc) == ("DNS_PRIVATE", name, vpc):
            raise Refused("NamespaceAlreadyExists", f"Namespace {name} conflicts with {each.id} in the VPC {vpc}")


@rule(SERVICE, "DeleteNamespace")
def namespace_in_use(request: Request) -> None:
    """A namespace with services, also those that Service Connect has registered in it."""
    namespace = request.backend().namespaces.get(request.parameters["Id"])
    if namespace is None:
        return
    registered = any(each.namespace_id == namespace.id for each in request.backend().services.values())
    names = {namespace.name, namespace.arn}
    if registered or any(_uses(each, names) for each in request.backend("ecs").services.values()):
        text = f"The namespace {namespace.id} can't be deleted because it contains services"
        raise Refused("ResourceInUse", text)


def _uses(service: object, names: set[str]) -> bool:
    if getattr(service, "status", "") == "INACTIVE":
        return False
    deployments = getattr(service, "deployments", None) or ()
    connects = [each.get("serviceConnectConfiguration") or {} for each in deployments]
    return any(each.get("namespace") in names and each.get("services") for each in connects)
