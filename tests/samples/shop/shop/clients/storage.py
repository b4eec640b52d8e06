"""Where pictures and exports are kept: a folder, or a bucket."""

from __future__ import annotations

import shutil
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

from shop.settings import get_settings


class Storage(Protocol):
    def save(self, name: str, content: bytes) -> str: ...

    def load(self, name: str) -> bytes: ...

    def url(self, name: str) -> str: ...


class DiskStorage(Storage):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, name: str, content: bytes) -> str:
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return self.url(name)

    def load(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def url(self, name: str) -> str:
        return f"/media/{name}"

    @property
    def manifest(self) -> str:
        return (self.folder / "MANIFEST").read_text()

    @property
    def label(self) -> str:
        return f"folder {self.folder.name}"

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.folder.parent).free


class BucketStorage(Storage):
    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    @cached_property
    def client(self) -> Any:
        import boto3

        return boto3.client("s3")

    def save(self, name: str, content: bytes) -> str:
        self.client.put_object(Bucket=self.bucket, Key=name, Body=content)
        return self.url(name)

    def load(self, name: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=name)["Body"].read()

    def url(self, name: str) -> str:
        return self.client.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": name}, ExpiresIn=3600
        )


@lru_cache
def get_storage() -> Storage:
    settings = get_settings()
    if settings.storage == "s3":
        return BucketStorage(settings.bucket)
    return DiskStorage(settings.media_folder)


disk = DiskStorage(get_settings().media_folder)
