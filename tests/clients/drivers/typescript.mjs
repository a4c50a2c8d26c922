// npm @modelcontextprotocol/sdk 1.x and @modelcontextprotocol/client 2.x, each from nothing but the URL.
import assert from 'node:assert/strict';
import * as two from '@modelcontextprotocol/client';
import { Client as ClientOne } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportOne } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { listenForCallback } from '../lib/callback.mjs';
import { check, suite } from '../lib/checks.mjs';
import { checkCall, checkEmployee } from '../lib/leaves.mjs';
import { MemoryProvider } from '../lib/provider.mjs';

const ONE = { Client: ClientOne, Transport: TransportOne, finish: (transport, url) => transport.finishAuth(url.searchParams.get('code')) };
const TWO = { Client: two.Client, Transport: two.StreamableHTTPClientTransport, finish: (transport, url) => transport.finishAuth(url.searchParams) };
const modern = { versionNegotiation: { mode: { pin: '2026-07-28' } } };
const auto = { versionNegotiation: { mode: 'auto' } };

export async function typescript({ demo, house, documents, browser }) {
  await drive('sdk 1.x, registers itself', { sdk: ONE, place: demo, browser, shots: 'client' });
  await drive('client 2.x, registers itself, 2025-11-25', { sdk: TWO, place: demo, browser, era: '2025-11-25' });
  await drive('client 2.x, registers itself, 2026-07-28', { sdk: TWO, place: demo, browser, options: modern, era: '2026-07-28' });
  const document = { client_name: 'The document client', token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] };
  const clientMetadataUrl = documents.publish('/oauth/client.json', document);
  await drive('client 2.x, metadata document (CIMD), auto', { sdk: TWO, place: house, browser, options: auto, identity: { clientMetadataUrl }, documents });
  const client = { client_id: 'desk' };
  await drive('client 2.x, pre-registered', { sdk: TWO, place: house, browser, identity: { client } });
  await drive('sdk 1.x, pre-registered', { sdk: ONE, place: house, browser, identity: { client } });
}

function drive(name, { sdk, place, browser, options, identity = {}, documents, era, shots }) {
  return suite(name, async () => {
    const callback = await listenForCallback();
    const provider = new MemoryProvider({ name: `Test of ${name}`, redirectUrl: callback.url, ...identity });
    const connection = () => ({
      client: new sdk.Client({ name: 'vestibule-test', version: '1.0.0' }, options),
      transport: new sdk.Transport(new URL(place.mcpUrl), { authProvider: provider }),
    });
    const person = await browser.visit(place, place.employee);
    const first = connection();
    await check(`${name}: is challenged and finds its way to the sign-in page`, async () => {
      await first.client.connect(first.transport).catch(error => { if (!provider.authorizationUrl) throw error; });
      assert.ok(provider.authorizationUrl, 'connected without a token');
      assert.equal(provider.authorizationUrl.searchParams.get('resource'), place.mcpUrl);
      assert.equal(provider.authorizationUrl.origin, place.issuer);
      if (identity.clientMetadataUrl) assert.equal(provider.authorizationUrl.searchParams.get('client_id'), identity.clientMetadataUrl);
    });
    await check(`${name}: its user signs in and consents in Chromium`, async () => {
      await person.approve(provider.authorizationUrl, { shots });
      const landed = await callback.received;
      assert.equal(landed.searchParams.get('state'), provider.issuedState);
      assert.equal(landed.searchParams.get('iss'), place.issuer);
      assert.deepEqual(person.seen, ['sign-in', 'consent']);
      await sdk.finish(first.transport, landed);
      assert.ok(provider.current.refresh_token, 'no refresh token');
      if (identity.clientMetadataUrl) assert.ok(documents.fetched.includes(new URL(identity.clientMetadataUrl).pathname));
    });
    const { client, transport } = connection();
    const call = (tool, args) => client.callTool({ name: tool, arguments: args });
    await check(`${name}: connects`, async () => {
      await client.connect(transport);
      const version = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion;
      if (era) assert.equal(version, era);
    });
    await checkEmployee(name, { list: async () => (await client.listTools()).tools.map(tool => tool.name), call });
    await check(`${name}: refreshes by itself when its token is no longer good`, async () => {
      const { saved, current: { refresh_token: before } } = provider;
      provider.spoilAccessToken();
      await call('query_leaves', {});
      assert.equal(provider.saved, saved + 1, 'no new tokens were fetched');
      assert.notEqual(provider.current.refresh_token, before, 'the refresh token was not rotated');
    });
    await checkCall(`${name}: calls again with the new token`, call);
    await check(`${name}: the pages had nothing to complain about`, () => assert.deepEqual(person.complaints, []));
    await client.close();
    callback.close();
    await person.leave();
  });
}
