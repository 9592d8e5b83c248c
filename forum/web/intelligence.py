"""The theme summary."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response


async def show(request: Request) -> Response: ...
async def as_csv(request: Request) -> Response: ...
async def as_json(request: Request) -> Response: ...
