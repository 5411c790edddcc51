from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def greet(request: Request) -> PlainTextResponse:
    name = (await request.body()).decode() or "world"
    return PlainTextResponse(f"Hello, {name}!")


app = Starlette(routes=[Route("/", greet, methods=["GET", "POST"])])
