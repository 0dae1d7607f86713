"""The event system of docs/examples: messages arrive where their filters say, and data is deleted by name only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from operations.rehearsal.inventory import inventory
from tests.support.workplace import REGION, Workplace

SPEC = Path(__file__).parents[1] / "specs" / "events.yaml"
STACK = "events-dev"
BUCKET = "events-dev-invoices-123456789012"
KINDS = ("order_placed", "order_changed_address", "order_viewed")
WORKERS = ("invoicing", "shipping", "mailer")


def write(workplace: Workplace, **without: tuple[str, ...]) -> None:
    """The example in the network of the workplace, without some resources and what uses them."""
    spec: dict[str, Any] = yaml.safe_load(SPEC.read_text("utf-8"))
    removed = without.get("without", ())
    for service in spec["services"].values():
        service["uses"] = {name: use for name, use in service.get("uses", {}).items() if name not in removed}
    resources = {name: resource for name, resource in spec["resources"].items() if name not in removed}
    workplace.write("events", spec["services"], resources=resources)


def test_the_event_system_lives_and_loses_data_only_after_its_name_was_typed(workplace: Workplace) -> None:
    before = inventory(workplace.emulator.client, REGION)
    write(workplace)
    workplace.deploy()
    assert workplace.planned() == {}

    each_worker_receives_what_it_filters_for(workplace)
    a_service_sends_to_the_queue_of_its_variable(workplace)
    a_table_that_leaves_the_file_is_deleted_only_by_name(workplace)
    the_bucket_is_destroyed_with_its_objects_only_by_name(workplace)

    assert inventory(workplace.emulator.client, REGION) - before == frozenset()


def each_worker_receives_what_it_filters_for(workplace: Workplace) -> None:
    topic = variables(workplace, "api")["EVENTS_TOPIC"]
    for kind in KINDS:
        attributes = {
            "kind": {"DataType": "String", "StringValue": kind},
            "total": {"DataType": "Number", "StringValue": "12"},
        }
        workplace.aws("sns").publish(TopicArn=topic, Message=kind, MessageAttributes=attributes)

    assert {name: received(workplace, name) for name in WORKERS} == {
        "invoicing": ["order_placed"],
        "shipping": ["order_changed_address", "order_placed"],
        "mailer": ["order_changed_address", "order_placed"],
    }


def a_service_sends_to_the_queue_of_its_variable(workplace: Workplace) -> None:
    assert variables(workplace, "web")["MAIL_QUEUE"] == variables(workplace, "mailer")["QUEUE_URL"]

    workplace.aws("sqs").send_message(QueueUrl=variables(workplace, "web")["MAIL_QUEUE"], MessageBody="hello")

    assert received(workplace, "mailer") == ["hello"]


def a_table_that_leaves_the_file_is_deleted_only_by_name(workplace: Workplace) -> None:
    write(workplace, without=("orders",))

    refused = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=2)
    assert "orders table is destroyed: its items are lost" in refused.stderr
    assert "This deletes all data in orders table. To continue, type events-dev" in refused.stderr
    assert "events-dev-orders" in workplace.aws("dynamodb").list_tables()["TableNames"]

    workplace.ecsforge("deploy", "--env", "dev", "--yes-i-mean", STACK)
    assert "events-dev-orders" not in workplace.aws("dynamodb").list_tables()["TableNames"]


def the_bucket_is_destroyed_with_its_objects_only_by_name(workplace: Workplace) -> None:
    s3 = workplace.aws("s3")
    s3.delete_bucket_policy(Bucket=BUCKET)  # requests to the emulator have no TLS
    for text in ("one", "two"):
        s3.put_object(Bucket=BUCKET, Key="invoice", Body=text.encode())

    refused = workplace.ecsforge("destroy", "--env", "dev", "--auto-approve", exit_code=2)
    assert "invoices bucket is destroyed: its objects are lost" in refused.stderr
    assert "This deletes all data in invoices bucket. To continue, type events-dev" in refused.stderr
    assert len(s3.list_object_versions(Bucket=BUCKET)["Versions"]) == 2

    workplace.destroy(STACK)


def variables(workplace: Workplace, service: str) -> dict[str, str]:
    """The environment variables of a service's container."""
    ecs = workplace.aws("ecs")
    task = ecs.describe_task_definition(taskDefinition=f"{service}-{STACK}")["taskDefinition"]
    [container] = [each for each in task["containerDefinitions"] if each["name"] == service]
    return {each["name"]: each["value"] for each in container["environment"]}


def received(workplace: Workplace, worker: str) -> list[str]:
    """The texts of the messages in a worker's queue, which are deleted."""
    sqs, url = workplace.aws("sqs"), variables(workplace, worker)["QUEUE_URL"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(text_of(message["Body"]))
    return sorted(found)


def text_of(body: str) -> str:
    """The message that was published, without the JSON of SNS."""
    return str(json.loads(body)["Message"]) if body.startswith("{") else body
