"""Webhooks in: the same signed end as POST /hooks/helpdesk, within the API and in its description."""

from typing import Annotated, Any, Final

from fastapi import FastAPI, Header, HTTPException, Request
from starlette.responses import Response

from agent.web.api import shapes_service as shapes
from agent.web.hooks import Hook

_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": shapes.Said, "description": "it is done"},
    400: {"model": shapes.Said, "description": "the body cannot be read"},
    401: {"model": shapes.Said, "description": "the signature or its time is wrong"},
    413: {"model": shapes.Said, "description": "the body is too long"},
    422: {"model": shapes.Said, "description": "the work order does not allow it now"},
}


def add_hooks(app: FastAPI, hook: Hook | None) -> None:
    """Add the route; 404 where no signing key is configured (`helpdesk_hook`)."""

    @app.post(
        "/hooks/helpdesk",
        tags=["webhooks"],
        responses=_ANSWERS,
        response_class=Response,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": shapes.HookWish.model_json_schema()}},
            },
            "security": [],
        },
    )
    async def helpdesk(
        request: Request,
        webhook_id: Annotated[str, Header(description="The same for each repetition of one message.")] = "",
        webhook_timestamp: Annotated[str, Header(description="Unix seconds; five minutes off at most.")] = "",
        webhook_signature: Annotated[
            str, Header(description='"v1," and base64 of HMAC-SHA256(key, id.timestamp.body).')
        ] = "",
    ) -> Response:
        """Take what a person did with a ticket in a helpdesk, signed as Standard Webhooks 1.0 says."""
        del webhook_id, webhook_timestamp, webhook_signature  # looked at where the signature is
        if hook is None:
            raise HTTPException(404, "no signing key: set helpdesk_hook in site.yaml")
        return await hook.answer(request)
