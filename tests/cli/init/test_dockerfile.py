"""The port that a Dockerfile exposes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.init.dockerfile import exposed_port, parse_dockerfile


@pytest.mark.parametrize(
    ("dockerfile", "port"),
    [
        ("FROM node\nEXPOSE 3000\n", 3000),
        ("from node\nexpose 8080/tcp 9090\n", 8080),
        ("FROM node\nEXPOSE 53/udp 8053\n", 8053),
        ("FROM node\nENV PORT=4000\nEXPOSE $PORT\n", 4000),
        ('FROM node\nENV PORT "4000"\nENV PORT 4001\nEXPOSE ${PORT}\n', 4001),
        ("FROM node\nEXPOSE ${PORT:-5000}\n", 5000),
        ("FROM node\nEXPOSE \\\n  6000\n", 6000),
        ("FROM node AS build\nEXPOSE 1\nFROM debian\n", None),
        ("FROM node AS build\nEXPOSE 1\nFROM nginx:1.27\n", 80),
        ("FROM php:8-apache\n", 80),
        ("FROM mcr.microsoft.com/dotnet/aspnet:8.0\n", 8080),
        ("FROM\tnode\nEXPOSE\t3000\n", 3000),
        ('FROM node\nENV PORT=5000\nCMD ["node", "x.js"]\n', 5000),
        ("FROM python\nCMD gunicorn app --bind 0.0.0.0:8000\n", 8000),
        ('FROM python\nCMD ["uvicorn", "app:app", "--port", "8001"]\n', 8001),
        ("FROM python\nCMD celery -b amqp://rabbit:5672\n", None),
        ("FROM node\nRUN <<EOF\nEXPOSE 1\nEOF\nEXPOSE 3000\n", 3000),
        ("FROM node\nRUN <<-'A' cat <<B\nEXPOSE 1\n\tA\nEXPOSE 2\nB\nEXPOSE 3000\n", 3000),
        ("# escape=`\nFROM node\nEXPOSE `\n  3000\n", 3000),
        ("FROM node\nEXPOSE \\\n# 1\n  3000\n", 3000),
        ("ARG BASE=nginx\nFROM $BASE\n", 80),
        ("FROM node AS build\nEXPOSE 1\nFROM nginx\nEXPOSE 80\n", 80),
        ("FROM node AS base\nEXPOSE 3000\nFROM base AS build\nRUN x\nFROM --platform=$X Base\nCMD x\n", 3000),
        ("FROM node AS base\nEXPOSE 3000\nFROM base\nEXPOSE 4000\nEXPOSE 5000\n", 4000),
        ("FROM node AS base\nEXPOSE 3000\nFROM base\nEXPOSE 53/udp\n", 3000),
        ("FROM node\nARG PORT=4000\nENV APP_PORT=$PORT\nEXPOSE $APP_PORT 8081\n", 4000),
        ('FROM node\nEXPOSE "5000"\n', 5000),
        ("FROM node\nEXPOSE 7000-7005\n", 7000),
        ("FROM node\nEXPOSE $UNKNOWN\n", None),
        ("FROM node\n# EXPOSE 80\n", None),
        ("FROM node\nEXPOSE 99999 ²\n", None),
        ("\x00\xff", None),
    ],
)
def test_the_first_tcp_port_of_the_last_stage(tmp_path: Path, dockerfile: str, port: int | None) -> None:
    (tmp_path / "Dockerfile").write_text(dockerfile, encoding="utf-8")

    assert exposed_port(tmp_path / "Dockerfile") == port


@pytest.mark.parametrize(
    "lines",
    [
        "ENV A=12345678\n" + "ENV A=$A$A\n" * 60,
        "ENV A=" + "1" * 4096 + "\nENV B=" + "$A" * 200_000 + "\n",
        "EXPOSE " + "${A-" * 200_000 + "\n",
    ],
    ids=["doubled", "repeated", "unclosed"],
)
def test_variables_that_grow_without_end_are_cut(tmp_path: Path, lines: str) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM node\n{lines}EXPOSE 3000\n")

    assert exposed_port(tmp_path / "Dockerfile") == 3000


def test_a_missing_dockerfile_exposes_nothing(tmp_path: Path) -> None:
    assert exposed_port(tmp_path / "Dockerfile") is None


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Dockerfile")

    assert exposed_port(tmp_path / "Dockerfile") is None


def test_a_stage_has_what_it_inherits() -> None:
    file = parse_dockerfile(
        'FROM node AS base\nHEALTHCHECK --interval=5s --retries=2 CMD ["node", "up.js"]\nCMD ["node", "x.js"]\n'
        "FROM base AS dev\nHEALTHCHECK NONE\nENTRYPOINT run\n"
        "FROM base\n"
    )

    assert file is not None
    last, dev = file.stage(), file.stage("DEV")
    assert last is not None
    assert dev is not None
    assert (last.base, last.health_check, last.health_options) == (
        "node",
        ("CMD", "node", "up.js"),
        {"interval": "5s", "retries": "2"},
    )
    assert (last.command, dev.command) == (("node", "x.js"), ())
    assert (dev.entrypoint, dev.health_check) == (("/bin/sh", "-c", "run"), ())
    assert file.stage("1") is dev
    assert file.stage("nowhere") is None


def test_build_arguments_replace_defaults() -> None:
    text = "ARG TAG=1\nFROM node:$TAG\nARG PORT=3000\nEXPOSE $PORT\n"

    file = parse_dockerfile(text, {"TAG": "22", "PORT": "4000"})

    assert file is not None
    stage = file.stage()
    assert stage is not None
    assert (stage.base, stage.port) == ("node:22", 4000)
