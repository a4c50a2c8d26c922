"""PyPI mcp: mcp_client.py URL [--document URL]"""

import argparse
import asyncio
import http.server
import threading
import time
import urllib.parse

import httpx2
from checks import check, check_call, check_employee, text_of
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata


class Memory:
    """Keeps tokens and the client's registration for this run."""

    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Callback:
    """The loopback listener of a native client."""

    def __init__(self):
        callback = self
        self.arrived = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path, _, query = self.path.partition("?")
                self.send_response(200 if path == "/callback" else 404)
                self.end_headers()
                if path == "/callback":
                    callback.query = dict(urllib.parse.parse_qsl(query))
                    callback.arrived.set()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/callback"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    async def wait(self):
        await asyncio.to_thread(self.arrived.wait, 90)
        return AuthorizationCodeResult(code=self.query["code"], state=self.query["state"], iss=self.query["iss"])


async def open_browser(url):
    print(f"open {url}", flush=True)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--document")
    options = parser.parse_args()
    callback, memory = Callback(), Memory()
    metadata = OAuthClientMetadata(
        client_name="Test of PyPI mcp",
        redirect_uris=[callback.url],
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="none",
    )
    auth = OAuthClientProvider(
        options.url, metadata, memory, open_browser, callback.wait, client_metadata_url=options.document
    )
    async with httpx2.AsyncClient(auth=auth, timeout=90) as http_client:
        async with Client(streamable_http_client(options.url, http_client=http_client)) as client:

            async def call(name, arguments):
                result = await client.call_tool(name, arguments)
                return result.is_error, text_of(result)

            async def names():
                return [tool.name for tool in (await client.list_tools()).tools]

            check("got tokens with a refresh token", memory.tokens and memory.tokens.refresh_token)
            if options.document:
                check("is known by its document", auth.context.client_info.client_id == options.document)
            await check_employee(names, call)
            before = memory.tokens
            auth.context.token_expiry_time = time.time() - 60
            await check_call("refreshes by itself and calls again", call)
            rotated = memory.tokens.refresh_token != before.refresh_token
            check("the refresh token was rotated", rotated and memory.tokens.access_token != before.access_token)


if __name__ == "__main__":
    asyncio.run(main())
