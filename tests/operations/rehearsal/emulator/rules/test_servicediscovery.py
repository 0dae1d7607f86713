"""Namespaces that Cloud Map refuses; test_ecs_services.py has one in use by Service Connect."""

from __future__ import annotations

from tests.operations.rehearsal.emulator.rules.conftest import Aws, Network, refusal, unique


def id_of(aws: Aws, name: str) -> str:
    (found,) = [each for each in aws("servicediscovery").list_namespaces()["Namespaces"] if each["Name"] == name]
    return str(found["Id"])


def test_two_http_namespaces_of_one_name(aws: Aws) -> None:
    cloud_map, name = aws("servicediscovery"), unique("namespace")
    cloud_map.create_http_namespace(Name=name)

    assert refusal(cloud_map.create_http_namespace, Name=name) == (
        "NamespaceAlreadyExists",
        f"A namespace with the name {name} already exists: {id_of(aws, name)}",
    )


def test_two_dns_namespaces_of_one_name_in_a_vpc(network: Network, other_network: Network) -> None:
    cloud_map, name = network.aws("servicediscovery"), unique("namespace")
    cloud_map.create_private_dns_namespace(Name=name, Vpc=network.vpc)
    found = id_of(network.aws, name)

    assert refusal(cloud_map.create_private_dns_namespace, Name=name, Vpc=network.vpc) == (
        "NamespaceAlreadyExists",
        f"Namespace {name} conflicts with {found} in the VPC {network.vpc}",
    )
    cloud_map.create_private_dns_namespace(Name=name, Vpc=other_network.vpc)


def test_a_namespace_with_services(aws: Aws) -> None:
    cloud_map, name = aws("servicediscovery"), unique("namespace")
    cloud_map.create_http_namespace(Name=name)
    namespace = id_of(aws, name)
    service = cloud_map.create_service(Name="web", NamespaceId=namespace)["Service"]["Id"]

    assert refusal(cloud_map.delete_namespace, Id=namespace) == (
        "ResourceInUse",
        f"The namespace {namespace} can't be deleted because it contains services",
    )
    cloud_map.delete_service(Id=service)
    cloud_map.delete_namespace(Id=namespace)
