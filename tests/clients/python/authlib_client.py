"""PyPI Authlib as a strict confidential client: authlib_client.py URL --client-id ID (secret in CLIENT_SECRET)"""

import argparse
import json
import os
import urllib.parse

import httpx2
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from checks import check
from joserfc import jwt
from joserfc.jwk import KeySet
from mcp_client import Callback

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the house under test is on loopback


def discover(url):
    """RFC 9728 from the challenge, then RFC 8414, each held to its rules."""
    challenge = httpx2.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
    check("an unauthenticated call is a 401", challenge.status_code == 401, challenge.status_code)
    header = challenge.headers["www-authenticate"]
    resource = httpx2.get(header.split('resource_metadata="')[1].split('"')[0]).json()
    check("the resource metadata names the resource", resource["resource"] == url, resource)
    issuer = resource["authorization_servers"][0]
    metadata = AuthorizationServerMetadata(httpx2.get(f"{issuer}/.well-known/oauth-authorization-server").json())
    try:
        metadata.validate()
        problem = None
    except ValueError as error:
        problem = str(error)
    # The library insists on https, which a house on loopback does not have.
    check("the server metadata is valid (RFC 8414)", problem is None or "https" in problem.lower(), problem)
    return issuer, metadata


def sign_in(client, metadata, callback, url):
    verifier = generate_token(64)
    where, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, resource=url
    )
    print(f"open {where}", flush=True)
    check("the browser came back", callback.arrived.wait(90))
    return verifier, state


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--client-id", required=True)
    options = parser.parse_args()
    issuer, metadata = discover(options.url)
    callback = Callback()
    client = OAuth2Client(
        options.client_id,
        os.environ["CLIENT_SECRET"],
        redirect_uri=callback.url,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic",
        token_endpoint=metadata["token_endpoint"],
    )
    verifier, state = sign_in(client, metadata, callback, options.url)
    check("the answer carries state and iss", callback.query["state"] == state and callback.query["iss"] == issuer)
    answer = f"{callback.url}?{urllib.parse.urlencode(callback.query)}"
    token = client.fetch_token(authorization_response=answer, state=state, code_verifier=verifier)
    check("the code is exchanged", token["token_type"].lower() == "bearer" and token["refresh_token"], token.keys())
    check_token(token["access_token"], metadata, issuer, options)
    check_introspection(client, metadata, token)
    newer = client.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    # A client that proves itself keeps its refresh token (RFC 9700 section 2.2.2 asks rotation of public ones).
    check("refresh gives a new access token", newer["access_token"] != token["access_token"], newer.keys())
    client.revoke_token(metadata["revocation_endpoint"], newer["refresh_token"], token_type_hint="refresh_token")
    check("a revoked refresh token is refused", refused(client, metadata, newer["refresh_token"]))
    call = httpx2.post(
        options.url,
        json={"jsonrpc": "2.0", "id": 1, "method": "ping"},
        headers={"authorization": f"Bearer {newer['access_token']}"},
    )
    check("revocation ends the access token with it, on the next request", call.status_code == 401, call.status_code)


def check_token(text, metadata, issuer, options):
    keys = KeySet.import_key_set(httpx2.get(metadata["jwks_uri"]).json())
    token = jwt.decode(text, keys, algorithms=["EdDSA", "Ed25519", "ES256"])
    right = token.header["typ"].lower() == "at+jwt" and token.claims["iss"] == issuer
    right = right and token.claims["aud"] in (options.url, [options.url]) and token.claims["client_id"] == options.client_id
    check("the access token is an RFC 9068 token for this resource", right, json.dumps(token.claims))


def check_introspection(client, metadata, token):
    seen = client.introspect_token(metadata["introspection_endpoint"], token["access_token"]).json()
    check("introspection says active, of this client", seen["active"] and seen["client_id"] == client.client_id, seen)
    nothing = client.introspect_token(metadata["introspection_endpoint"], "nonsense").json()
    check("introspection of nonsense says inactive and nothing more", nothing == {"active": False}, nothing)


def refused(client, metadata, refresh_token):
    try:
        client.refresh_token(metadata["token_endpoint"], refresh_token=refresh_token)
    except OAuthError as error:
        return error.error == "invalid_grant"
    return False


if __name__ == "__main__":
    main()
