"""What all services of a run have alike is made once, for the first of thousands: templates are compiled, scripts and
styles joined, and models made ready for their dialect. What is made from another text or for another dialect is made
again."""

from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from tortoise import models
from tortoise.apps import Apps

from forum import mail
from forum.settings import beside_package
from forum.web import assets, rendering


class Compiled(BytecodeCache):
    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code:
            self._codes[bucket.key, bucket.checksum] = bucket.code


def share() -> None:
    for module in rendering, mail:  # each with a cache of its own: the code depends on how the environment is set
        vars(module)["Environment"] = partial(Environment, bytecode_cache=Compiled())
    make, folder = assets.Assets, beside_package("static")
    ours = make(folder)
    vars(assets)["Assets"] = lambda given: ours if Path(given) == folder else make(given)
    _make_models_once()


def _make_models_once() -> None:
    """Tortoise makes its models ready whenever a database is opened, and reads the source of its table of steps."""
    make_ready, comments = vars(Apps)["_build_initial_querysets"], vars(models)["_get_comments"]
    ready: list[Any] = []

    def make_ready_once(apps: Apps) -> None:
        all_models = [model for app in apps.apps.values() for model in app.values()]
        wanted = [all_models, type(all_models[0]._meta.db)]
        if ready != wanted:
            make_ready(apps)
            ready[:] = wanted

    known: dict[str, dict[str, str]] = {}

    def comments_once(model: type[models.Model]) -> dict[str, str]:
        name = f"{model.__module__}.{model.__qualname__}"
        if name not in known:
            known[name] = comments(model)
        return known[name]

    vars(models)["_get_comments"] = comments_once
    Apps._build_initial_querysets = make_ready_once
