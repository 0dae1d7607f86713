"""Conversions of values of other tools, and the fixes that they give."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from stacks.project.plain import flow, health_command, mebibytes, seconds, snake

Fix: TypeAlias = Callable[[Any], str | None]
_ARM = re.compile(r".*(?:arm64|aarch64).*", re.I)
_DEFAULT_PORT = 8080
_CPU_PER_VCPU = 1024


def write(key: str, convert: Callable[[Any], Any] = lambda value: value) -> Fix:
    """`write KEY: VALUE`, where the conversion gives a value."""

    def fix(value: Any) -> str | None:
        converted = convert(value)
        return None if converted is None else f"write {key}: {flow(converted)}"

    return fix


def first_of(*fixes: Fix | str) -> Fix:
    """The first of several fixes that applies; a sentence always does."""

    def fix(value: Any) -> str | None:
        found = (each if isinstance(each, str) else each(value) for each in fixes)
        return next((text for text in found if text is not None), None)

    return fix


def same(fix: Fix | str, keys: str) -> dict[str, Fix | str]:
    """The same fix for several keys, which white space separates."""
    return dict.fromkeys(keys.split(), fix)


def as_integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_positive(value: Any) -> int | None:
    number = int(value) if isinstance(value, str) and value.strip().isdecimal() else as_integer(value)
    return number if number else None


def as_text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "" else None


def as_flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def as_texts(value: Any) -> list[str] | None:
    items = value if isinstance(value, list) else [value]
    return [str(item) for item in items] if items and all(isinstance(item, str | int) for item in items) else None


def inside(*keys: str, convert: Callable[[Any], Any] = as_text) -> Callable[[Any], Any]:
    """The conversion of the first of some keys of a mapping that is there."""

    def found(value: Any) -> Any:
        given = {snake(key): item for key, item in value.items()} if isinstance(value, dict) else {}
        return next((convert(given[key]) for key in keys if key in given), None)

    return found


def as_port(value: Any) -> int:
    """The container port of Compose's `8080:80`, of ECS's port mapping, or of a number; the first of several."""
    item = value[0] if isinstance(value, list) and value else value
    if isinstance(item, dict):
        item = inside("container_port", "target", "target_port", "port", "forward", convert=lambda port: port)(item)
    match = re.fullmatch(r"(?:.*:)?(\d{1,5})(?:-\d+)?(?:/\w+)?", str(item))
    number = int(match[1]) if match else _DEFAULT_PORT
    return number if 1 <= number <= 65535 else _DEFAULT_PORT


def as_cpu(value: Any) -> int | None:
    """CPU units from vCPUs: `0.5`, `"1 vCPU"`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(?: ?vcpu)?", str(value).strip(), re.I)
    units = int(float(match[1]) * _CPU_PER_VCPU) if match else 0
    return units if units in (256, 512, 1024, 2048, 4096, 8192, 16384, 32768) else None


def as_architecture(value: Any) -> str:
    text = value if isinstance(value, str) else str(inside("cpu_architecture", "architecture")(value))
    return "arm64" if _ARM.fullmatch(text) else "x86_64"


def health_check_fix(value: Any) -> str | None:
    """A health check: that of the load balancer where it has a path, or that of the container."""
    if isinstance(value, str):
        path = value if value.startswith("/") else None
        return f"write health_check: {flow({'path': path})}" if path else container_check_fix(value)
    path = inside("path")(value)
    return container_check_fix(value) or (f"write health_check: {flow({'path': path})}" if path else None)


def container_check_fix(value: Any) -> str | None:
    return _check_fix("container_health_check", value)


def sidecar_check_fix(value: Any) -> str | None:
    return _check_fix("health_check", value)


def _check_fix(key: str, value: Any) -> str | None:
    test = inside("test", "command", convert=health_command) if isinstance(value, dict) else health_command
    words = test(value)
    return f"write {key}: {flow({'command': words})}" if words else None


def count_fix(value: Any) -> str | None:
    """`count` from bounds: Copilot's range, Kubernetes' minReplicas, SST's scaling."""
    low = inside("min", "min_capacity", "min_replicas", "min_size", "minimum", convert=as_integer)(value)
    high = inside("max", "max_capacity", "max_replicas", "max_size", "maximum", convert=as_positive)(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"write count: {value}"
    bounds = {"min": min(low or 1, high or 4), "max": high or max(4, low or 1), "cpu_percent": 60}
    return f"write count: {flow(bounds)}"


def range_fix(value: Any) -> str | None:
    match = re.fullmatch(r"(\d+)-(\d+)", str(value))
    if match:
        return f"write min: {match[1]} and max: {match[2]}"
    low, high = (inside(key, convert=as_integer)(value) for key in ("min", "max"))
    return f"write min: {low} and max: {high}" if low is not None and high else "write min: 1 and max: 4"


def cooldown_fix(value: Any) -> str:
    parts = {
        name: inside(key, f"scale_{key}", convert=seconds)(value)
        for name, key in (("scale_in_cooldown", "in"), ("scale_out_cooldown", "out"))
    }
    given = {name: number for name, number in parts.items() if number is not None}
    return "write " + " and ".join(f"{key}: {number}" for key, number in (given or {"scale_in_cooldown": 300}).items())


def percent_fix(key: str) -> Fix:
    return write(
        key,
        lambda value: (
            number
            if 1
            <= (number := as_integer(value) or inside("value", "target_value", convert=as_integer)(value) or 0)
            <= 100
            else 60
        ),
    )


def deploy_fix(value: Any) -> str:
    replicas = inside("replicas", convert=as_integer)(value)
    return f"write count: {2 if replicas is None else replicas}; the size of the tasks is in cpu and memory"


def network_fix(value: Any) -> str:
    connect = inside("connect", convert=lambda given: given)(value)
    if connect:
        return "write connect: true"
    if inside("vpc", convert=inside("placement"))(value) == "public":
        return "write placement: public"
    return "remove it; tasks are in the private subnets, and the VPC is in network at the top level"


def nlb_fix(value: Any) -> str:
    """Copilot's `nlb: {port: 443/tls, target_port: 8443}`."""
    given = {snake(key): item for key, item in value.items()} if isinstance(value, dict) else {}
    number = str(given.get("port", "")).partition("/")[0]
    listener = int(number) if number.isdecimal() else 5432
    tcp = {"port": as_positive(given.get("target_port")) or listener, "listener": listener}
    return f"write tcp: {flow(tcp)}"


def storage_fix(value: Any) -> str | None:
    size = as_disk(value) or inside("ephemeral", convert=as_disk)(value)
    if size:
        return f"write ephemeral_storage: {size}"
    if inside("readonly_fs", convert=as_flag)(value):
        return "write readonly_root: true"
    return "write volumes: {data: {path: /data}} for a file system, or ephemeral_storage: 50"


def as_disk(value: Any) -> int | None:
    mib = mebibytes(value * 1024 if isinstance(value, int) and not isinstance(value, bool) else value)
    return mib // 1024 if mib and 21 * 1024 <= mib <= 200 * 1024 else None


def task_image_fix(value: Any) -> str:
    image, port = inside("image")(value), inside("container_port", convert=as_positive)(value)
    parts = [f"image: {flow(image)}"] if image and re.fullmatch(r"[a-z0-9][\w./:@-]*", image) else ["image: app:1"]
    parts += [f"port: {port}"] if port else []
    return f"write {' and '.join(parts)} directly in the service, and the other keys too"


def as_paths(value: Any) -> list[str] | None:
    texts = as_texts(value)
    return None if texts is None else [as_path(text) for text in texts][:5]


def as_path(text: str) -> str:
    """Copilot's path prefix as a pattern."""
    bare = f"/{text.strip('/')}"
    return "/*" if bare == "/" else bare if "*" in bare else f"{bare}*"


def as_hosts(value: Any) -> list[str] | None:
    texts = as_texts(value)
    return None if texts is None else texts[:5]


def as_protocol(value: Any) -> str:
    text = str(value).lower()
    return "GRPC" if "grpc" in text else "HTTP2" if "2" in text else "HTTP1"


def env_files_fix(value: Any) -> str:
    files = as_texts(value) or []
    in_s3 = [file.replace("arn:aws:s3:::", "s3://") for file in files]
    legal = in_s3 and all(re.fullmatch(r"s3://[a-z0-9.-]+/.+\.env", file) for file in in_s3)
    return f"write env_files: {flow(in_s3)}" if legal else "write env_files: [s3://my-bucket/web.env], a file in S3"


def schedule_fix(value: Any) -> str:
    """A schedule of a crontab, of Copilot's `@daily` and `@every 5m`, or an expression of AWS."""
    from stacks.project.schedules import of_crontab, of_shorthand, schedule_fault

    text = str(value).strip()
    if of_shorthand(text):
        return f"write schedule: {flow(text)}"
    offered = (schedule_fault(text) or "").removeprefix("write ")
    found = (text, of_crontab(text.split()), offered, "rate(1 day)")
    legal = next(each for each in found if each and schedule_fault(each) is None)
    return f"write schedule: {flow(legal)}"
