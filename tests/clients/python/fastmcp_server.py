"""A server on PyPI fastmcp, as somebody would write it: `fastmcp_server.py PORT`, or without a port on standard input and output."""

import sys

from fastmcp import FastMCP

server = FastMCP("a fastmcp server")


@server.tool
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.resource("note://{name}")
def note(name: str) -> str:
    """A note by its name."""
    return f"the note {name}"


@server.prompt
def greet(name: str) -> str:
    """Greets somebody."""
    return f"Say hello to {name}."


if len(sys.argv) > 1:
    server.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False)
else:
    server.run(show_banner=False)
