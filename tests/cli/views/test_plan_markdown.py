"""Plans as Markdown."""

from __future__ import annotations

from typing import Any

import pytest

from cli.views.plan_markdown import LIMIT, markdown
from operations.plan.model import OutputChange, Plan, ResourceChange
from operations.plan.read import plan_from_json
from stacks.addresses import Owners, Place
from stacks.resources import Risk


def queue(name: str, action: str, **change: Any) -> dict[str, Any]:
    content = {"actions": [action], "before": None, "after": {}, **change}
    return {"address": f"aws_sqs_queue.{name}", "type": "aws_sqs_queue", "mode": "managed", "change": content}


def planned(*changes: dict[str, Any]) -> Plan:
    return plan_from_json("shop-dev", {"resource_changes": list(changes)}, Owners(services=("web", "api")))


def test_counts_come_first_and_the_changes_are_folded() -> None:
    plan = planned(queue("web", "update", before={"delay_seconds": 1}, after={"delay_seconds": 2}))

    assert markdown(plan) == (
        """\
### `shop-dev`

1 to change

<details><summary>Changes</summary>

```text
web
  ~ queue
      delay_seconds  1 -> 2
```

</details>"""
    )


def test_what_loses_data_is_not_folded() -> None:
    plan = planned(queue("web", "delete", before={"name": "web"}, after=None))

    assert markdown(plan).startswith(
        """\
### `shop-dev`

1 to destroy

**Warnings**

```text
queue of service `web` is destroyed: its messages are lost
```

<details>"""
    )


def test_no_changes_are_one_line() -> None:
    assert markdown(Plan("shop-dev", (), has_changes=False)) == (
        "### `shop-dev`\n\nno changes; the deployed stack matches the project file"
    )


def test_a_value_can_neither_end_the_code_block_nor_send_control_characters() -> None:
    value = "```\n</details> @acme/admins <!-- \x1b[31m"
    text = markdown(planned(queue("web", "update", before={"policy": "x"}, after={"policy": value})))
    opening = next(line for line in text.splitlines() if line.startswith("```"))
    block = text.partition(opening)[2]

    assert opening == "````text"
    assert "@acme/admins" in block.partition("\n````\n")[0]
    assert "\x1b" not in text


def test_secrets_are_masked() -> None:
    hidden = {"before_sensitive": {"policy": True}, "after_sensitive": {"policy": True}}
    change = queue("web", "update", before={"policy": "hunter2"}, after={"policy": "hunter3"}, **hidden)
    credential = queue("api", "update", before={"policy": "a"}, after={"policy": "postgres://me:hunter4@db/shop"})
    text = markdown(planned(change, credential))

    assert "policy  changed (sensitive)" in text
    assert "hunter" not in text


@pytest.mark.parametrize("letter", ["x", "é", "`"])
def test_a_long_plan_is_cut_with_a_note(letter: str) -> None:
    changes = [OutputChange(f"o{number}", None, letter * 60) for number in range(3000)]
    text = markdown(Plan("shop-dev", (), outputs=tuple(changes)))

    assert LIMIT - 1000 < len(text.encode()) <= LIMIT
    assert text.endswith(" lines left out. See the job's log._")
    assert text.count("<details>") == text.count("</details>") == 1


def test_many_warnings_are_counted() -> None:
    place, risk = Place("web", "web", "queue"), Risk("data", "its messages are lost")
    lost = ResourceChange("aws_sqs_queue.a", "aws_sqs_queue", place, "destroy", risk=risk)

    assert "\nand 10 more\n" in markdown(Plan("shop-dev", (lost,) * 30))
