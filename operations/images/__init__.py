"""Container images: built with an engine of this machine, pushed to ECR, found and tagged there.

- `build.py` brings a service's image to ECR: `build_service`.
- `engine.py` runs docker, podman or buildah.
- `registry.py` reads and tags what ECR has; `resolve.py` turns a tag into a digest.
- `source.py` identifies what is built, by its commit or its files.
"""
