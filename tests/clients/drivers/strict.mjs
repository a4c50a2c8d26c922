// npm oauth4webapi: a client that refuses whatever the RFCs refuse, and attacks of a client that knows them.
import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import { listenForCallback } from '../lib/callback.mjs';
import { check, suite } from '../lib/checks.mjs';
import { SERVICE_SECRET } from '../lib/house.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const redirects = { client_name: 'A strict client', token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] };

export async function strict({ house, browser }) {
  await suite('oauth4webapi, a strict public client', () => publicClient(house, browser));
  await suite('oauth4webapi, a strict client that acts for itself', () => serviceClient(house));
}

async function discover(house) {
  const issuer = new URL(house.issuer);
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
  return oauth.processDiscoveryResponse(issuer, response);
}

async function publicClient(house, browser) {
  const resource = new URL(house.mcpUrl);
  const as = await check('strict: RFC 9728 and RFC 8414 metadata are accepted', async () => {
    const answer = await oauth.resourceDiscoveryRequest(resource, insecure);
    const { authorization_servers: servers } = await oauth.processResourceDiscoveryResponse(resource, answer);
    assert.deepEqual(servers, [house.issuer]);
    return discover(house);
  });
  await check('strict: OpenID metadata is accepted', async () => {
    const issuer = new URL(house.issuer);
    await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...insecure }));
  });
  const callback = await listenForCallback();
  const client = await check('strict: RFC 7591 registration is accepted', async () =>
    oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(as, { ...redirects, redirect_uris: [callback.url] }, insecure)));
  const person = await browser.visit(house, house.employee);
  const flow = { as, client, callback, person, resource };
  const tokens = await codeFlow(flow);
  await check('strict: the access token passes RFC 9068 validation', async () => {
    const request = new Request(resource, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    const claims = await oauth.validateJwtAccessToken(as, request, resource.href, insecure);
    assert.equal(claims.client_id, client.client_id);
    assert.ok(claims.jti && claims.org_id, JSON.stringify(claims));
  });
  await refreshRules(flow, tokens);
  await check('strict: a denied consent comes back as access_denied with iss', async () => {
    const { url, state } = await authorization(flow);
    url.searchParams.set('prompt', 'consent');
    const landed = new URL(await person.approve(url, { decision: 'deny' }));
    assert.throws(() => oauth.validateAuthResponse(as, client, landed, state), { error: 'access_denied' });
    assert.equal(landed.searchParams.get('iss'), house.issuer);
  });
  await check('strict: the pages had nothing to complain about', () => assert.deepEqual(person.complaints, []));
  callback.close();
  await person.leave();
}

async function authorization({ as, client, callback, resource }) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id, redirect_uri: callback.url, response_type: 'code', state, resource: resource.href,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  return { url, state, verifier };
}

async function codeFlow(flow) {
  const { as, client, callback, person, resource } = flow;
  const { url, state, verifier } = await authorization(flow);
  const parameters = await check('strict: the authorization response is accepted (state, iss)', async () => {
    const landed = new URL(await person.approve(url));
    assert.throws(() => oauth.validateAuthResponse({ ...as, issuer: 'https://evil.example' }, client, landed, state), /iss/);
    return oauth.validateAuthResponse(as, client, landed, state);
  });
  const exchange = code_verifier =>
    oauth.authorizationCodeGrantRequest(as, client, oauth.None(), parameters, callback.url, code_verifier,
      { additionalParameters: { resource: resource.href }, ...insecure });
  const tokens = await check('strict: the code is exchanged', async () =>
    oauth.processAuthorizationCodeResponse(as, client, await exchange(verifier)));
  await check('strict: the code works once, and a second use ends what the first one gave', async () => {
    await assert.rejects(async () => oauth.processAuthorizationCodeResponse(as, client, await exchange(verifier)), { error: 'invalid_grant' });
    await assert.rejects(() => refresh(flow, tokens.refresh_token), { error: 'invalid_grant' });
  });
  const again = await authorization(flow);
  const second = await check('strict: a remembered consent needs no second one', async () => {
    const before = person.seen.length;
    const landed = oauth.validateAuthResponse(as, client, new URL(await person.approve(again.url)), again.state);
    assert.equal(person.seen.slice(before).filter(page => page === 'sign-in').length, 0);
    return landed;
  });
  await check('strict: a wrong code_verifier is refused', async () => {
    const wrong = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), second, callback.url, oauth.generateRandomCodeVerifier(), insecure);
    await assert.rejects(() => oauth.processAuthorizationCodeResponse(as, client, wrong), { error: 'invalid_grant' });
  });
  const third = await authorization(flow);
  return check('strict: a fresh code gives fresh tokens', async () => {
    const landed = oauth.validateAuthResponse(as, client, new URL(await person.approve(third.url)), third.state);
    const response = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), landed, callback.url, third.verifier, insecure);
    return oauth.processAuthorizationCodeResponse(as, client, response);
  });
}

async function refresh({ as, client }, token) {
  const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), token, insecure);
  return oauth.processRefreshTokenResponse(as, client, response);
}

async function refreshRules(flow, tokens) {
  const { as, client, resource } = flow;
  const next = await check('strict: refresh rotates', async () => {
    const fresh = await refresh(flow, tokens.refresh_token);
    assert.notEqual(fresh.refresh_token, tokens.refresh_token);
    return fresh;
  });
  await check('strict: a retry inside ten seconds gets the same successor', async () => {
    const retried = await refresh(flow, tokens.refresh_token);
    assert.equal(retried.refresh_token, next.refresh_token);
  });
  const last = await check('strict: the successor rotates too', () => refresh(flow, next.refresh_token));
  await check('strict: an older token ends the whole family, on the next request', async () => {
    await assert.rejects(() => refresh(flow, tokens.refresh_token), { error: 'invalid_grant' });
    await assert.rejects(() => refresh(flow, last.refresh_token), { error: 'invalid_grant' });
    const headers = { authorization: `Bearer ${last.access_token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const call = await fetch(resource, { method: 'POST', headers, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' });
    assert.equal(call.status, 401);
  });
  await check('strict: revocation of an unknown token is a plain 200', async () => {
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, oauth.None(), 'unknown', insecure));
  });
}

async function serviceClient(house) {
  const as = await discover(house);
  const client = { client_id: 'service' };
  const secret = oauth.ClientSecretBasic(SERVICE_SECRET);
  const parameters = { resource: house.mcpUrl };
  const tokens = await check('strict: client_credentials with a secret', async () =>
    oauth.processClientCredentialsResponse(as, client, await oauth.clientCredentialsGrantRequest(as, client, secret, parameters, insecure)));
  await check('strict: there is no refresh token for it', () => assert.equal(tokens.refresh_token, undefined));
  await check('strict: introspection says active', async () => {
    const seen = await oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, secret, tokens.access_token, insecure));
    assert.equal(seen.active, true);
  });
  await check('strict: after revocation introspection says inactive', async () => {
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, secret, tokens.access_token, insecure));
    const seen = await oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, secret, tokens.access_token, insecure));
    assert.equal(seen.active, false);
  });
  await check('strict: a wrong secret is a 401', async () => {
    const wrong = oauth.ClientSecretBasic(`${SERVICE_SECRET}x`);
    const response = await oauth.clientCredentialsGrantRequest(as, client, wrong, parameters, insecure);
    assert.equal(response.status, 401);
    assert.equal((await response.json()).error, 'invalid_client');
  });
}
