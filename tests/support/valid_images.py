"""Random valid fields about where the images of a project come from."""

from __future__ import annotations

from pathlib import Path

from tests.support import odd_values as odd
from tests.support.random_choices import Json, RandomChoices

FOLDERS = (".", "app", "deep/app")
"""The contexts of generated builds."""


def write_dockerfiles(folder: Path) -> None:
    """Write every Dockerfile that generated builds name."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file in ("Dockerfile", "web.Dockerfile"):
            (folder / name / file).write_text("FROM scratch AS app\n")


class ImageGenerator(RandomChoices):
    """Generates `build`, `repository`, `image_credentials`, `registry` and one-off tasks."""

    def _with_images(self, service: Json) -> Json:
        """The service with an image that is built, pushed or pulled with a login."""
        source = self._one(("image", "image", "build", "repository", "both"))
        if source in ("build", "repository"):
            service = {key: value for key, value in service.items() if key != "image"}
            build = {"build": self._one((*FOLDERS, self._build(service)))}
            service |= build if source == "build" else {"repository": True}
        elif source == "both":
            service = {**service, "image": "ghcr.io/acme/app:1", "repository": True}
        if source in ("image", "both") and self._often(0.3):
            service = {**service, "image": "ghcr.io/acme/app:1", "image_credentials": "secretsmanager:ghcr"}
        sidecars = {
            name: {**each, "image": "ghcr.io/acme/proxy:1", "image_credentials": "secretsmanager:a/b+c=d.e@f"}
            if self._often(0.2)
            else each
            for name, each in service.get("sidecars", {}).items()
        }
        return {**service, "sidecars": sidecars} if sidecars else service

    def _build(self, service: Json) -> Json:
        platform = "linux/arm64" if service.get("architecture") == "arm64" else "linux/amd64"
        return self._subset(
            context=lambda: self._one(FOLDERS),
            dockerfile=lambda: self._one(("Dockerfile", "web.Dockerfile")),
            target=lambda: "app",
            args=lambda: {"VERSION": self._one(odd.TEXTS), "_x": "1"},
            platform=lambda: platform,
        )

    def _registry(self, region: str) -> Json:
        account = {"account_id": "210987654321", "assume_role": "arn:aws:iam::210987654321:role/images"}
        return {**self._subset(region=lambda: region), **self._one(({}, account))}

    def _tasks(self) -> list[Json]:
        task = {"command": ["sh", "-c", "migrate '${x}'"]}
        return [{**task, **self._subset(timeout=lambda: self._one((10, 43_200, "5m", "12h")))} for _ in range(2)]
