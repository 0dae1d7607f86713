"""The emulator runs no code."""

from __future__ import annotations

import io
import json
import zipfile

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def test_a_function_is_not_run(aws: Aws) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    return 1 / 0\n")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "*"}]}
    role = aws("iam").create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    aws("lambda").create_function(
        FunctionName="f", Runtime="python3.12", Role=role, Handler="main.handler", Code={"ZipFile": code.getvalue()}
    )

    answer = aws("lambda").invoke(FunctionName="f", Payload=b'{"a": 1}')

    assert "FunctionError" not in answer
    assert answer["Payload"].read() == b'{"a": 1}'
