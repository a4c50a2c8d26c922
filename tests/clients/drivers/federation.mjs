// One endpoint before three servers: one over HTTP, one on standard input and output, one that is nowhere.
import assert from 'node:assert/strict';
import * as two from '@modelcontextprotocol/client';
import { check, suite } from '../lib/checks.mjs';
import { connect } from '../lib/connect.mjs';

export async function federation({ house, browser, upstream }) {
  await suite('federation', async () => {
    const place = { ...house, mcpUrl: `${house.issuer}/mcp` };
    const person = await browser.visit(place, house.employee);
    const { client, provider } = await check('federation: its user signs in once for all servers', () => connect(place, person));
    const names = async from => {
      const list = await from.listTools();
      assert.deepEqual(list._meta['vestibule/unavailable'].includes('nowhere'), true, JSON.stringify(list._meta));
      return list.tools.map(tool => tool.name);
    };
    await check('federation: each server shows what its policy allows', async () => {
      const tools = await names(client);
      assert.ok(tools.includes('hr__query_leaves') && tools.includes('notes__query_leaves'), tools.join(' '));
      assert.ok(!tools.includes('hr__get_dashboard_stats') && tools.includes('notes__get_dashboard_stats'), tools.join(' '));
    });
    await check('federation: calls reach their server under its own names', async () => {
      const calls = () => upstream.requests.filter(request => request.body.includes('"tools/call"')).length;
      const before = calls();
      for (const server of ['hr', 'notes']) {
        const result = await client.callTool({ name: `${server}__query_leaves`, arguments: {} });
        assert.equal(result.content[0].text, 'answer of query_leaves');
      }
      assert.equal(calls(), before + 1, 'the call of notes went to hr');
    });
    await check('federation: what is hidden is refused', async () => {
      const refused = client.callTool({ name: 'hr__get_dashboard_stats', arguments: {} });
      await assert.rejects(refused, /Unknown tool: hr__get_dashboard_stats/);
    });
    await check('federation: the same in the stateless era, with the server that has sessions only', async () => {
      const modern = new two.Client({ name: 'vestibule-test', version: '1.0.0' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
      await modern.connect(new two.StreamableHTTPClientTransport(new URL(place.mcpUrl), { authProvider: provider }));
      const tools = await names(modern);
      assert.ok(tools.includes('hr__query_leaves') && tools.includes('notes__query_leaves'), tools.join(' '));
      for (const server of ['hr', 'notes']) {
        const result = await modern.callTool({ name: `${server}__query_leaves`, arguments: {} });
        assert.equal(result.content[0].text, 'answer of query_leaves');
      }
      await modern.close();
    });
    await check('federation: its token opens no server by itself', async () => {
      const headers = { authorization: `Bearer ${provider.current.access_token}`, 'content-type': 'application/json' };
      const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
      const answer = await fetch(house.mcpUrl, { method: 'POST', headers, body });
      assert.equal(answer.status, 401);
    });
    await client.close();
    await person.leave();
  });
}
