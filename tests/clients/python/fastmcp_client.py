"""PyPI fastmcp, which opens the browser itself: fastmcp_client.py URL [--client-id ID]"""

import argparse
import asyncio
import time

from checks import check, check_call, check_employee, text_of
from fastmcp import Client
from fastmcp.client.auth import OAuth


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--client-id")
    options = parser.parse_args()
    known = {"client_id": options.client_id, "callback_host": "127.0.0.1"} if options.client_id else {}
    auth = OAuth(client_name="Test of PyPI fastmcp", **known)
    async with Client(options.url, auth=auth) as client:

        async def call(name, arguments):
            result = await client.call_tool(name, arguments, raise_on_error=False)
            return result.is_error, text_of(result)

        async def names():
            return [tool.name for tool in await client.list_tools()]

        before = auth.context.current_tokens
        check("got tokens with a refresh token", before and before.refresh_token)
        await check_employee(names, call)
        auth.context.token_expiry_time = time.time() - 60
        await check_call("refreshes by itself and calls again", call)
        check("the refresh token was rotated", auth.context.current_tokens.refresh_token != before.refresh_token)


asyncio.run(main())
