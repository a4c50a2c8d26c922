"""One line per check on standard output; the runner counts them."""

import json
import sys


class GivenUp(Exception):
    """A check failed; what follows makes no sense without it."""


def ok(name):
    print(f"ok   {name}", flush=True)


def check(name, holds, detail=""):
    if not holds:
        print(f"FAIL {name}", flush=True)
        print(f"     {detail}", file=sys.stderr, flush=True)
        raise GivenUp(name)
    ok(name)


async def check_employee(list_tools, call):
    """What an EMPLOYEE may do: list, call, be refused. `call` gives (is_error, text)."""
    names = await list_tools()
    right = "query_leaves" in names and "get_dashboard_stats" not in names
    check("the list has query_leaves and not get_dashboard_stats", right, names)
    await check_call("query_leaves answers", call)
    try:
        is_error, text = await call("get_dashboard_stats", {})
    except Exception as error:  # every client has its own type
        is_error, text = True, repr(error)
    check("get_dashboard_stats is refused", is_error and "answer of" not in text, text)


async def check_call(name, call):
    is_error, text = await call("query_leaves", {})
    check(name, not is_error and text, text)


def text_of(result):
    return json.dumps([getattr(part, "text", "") for part in result.content])
