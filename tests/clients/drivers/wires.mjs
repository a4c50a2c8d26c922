// The wires besides streamable HTTP, each with the client transport of the npm SDK.
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { check, suite } from '../lib/checks.mjs';
import { connect } from '../lib/connect.mjs';
import { checkEmployee } from '../lib/leaves.mjs';
import { VESTIBULE } from '../lib/places.mjs';

export const wires = ({ demo, browser }) =>
  suite('every wire at the front', async () => {
    const person = await browser.visit(demo, demo.employee);
    const { client, provider } = await connect(demo, person, { name: 'Test of the wires' });
    await client.close();
    const token = provider.current.access_token;
    const bearer = { Authorization: `Bearer ${token}` };

    await drive('HTTP+SSE of 2024-11-05', () =>
      new SSEClientTransport(new URL(`${demo.mcpUrl}/sse`), { requestInit: { headers: bearer } }));

    let ticket;
    await drive('WebSocket with a ticket', async () => {
      const response = await fetch(`${demo.mcpUrl}/ticket`, { method: 'POST', headers: bearer });
      ({ ticket } = await response.json());
      return new WebSocketClientTransport(new URL(`${demo.mcpUrl.replace('http', 'ws')}/ws?ticket=${ticket}`));
    });
    await check('WebSocket: a ticket is good once', async () => {
      const again = new WebSocketClientTransport(new URL(`${demo.mcpUrl.replace('http', 'ws')}/ws?ticket=${ticket}`));
      await assert.rejects(new Client({ name: 'again', version: '1' }).connect(again));
    });

    const stdio = MCP_AUTH_TOKEN => new StdioClientTransport({
      command: VESTIBULE, args: ['stdio', '--server', 'hr', '--url', demo.issuer],
      env: { PATH: process.env.PATH, MCP_AUTH_TOKEN }, stderr: 'ignore',
    });
    await drive('stdio with the token in the environment', () => stdio(token));
    await check('stdio: says what to do about a token that is not good', () =>
      assert.rejects(new Client({ name: 'bad', version: '1' }).connect(stdio('nonsense')), /MCP_AUTH_TOKEN/));

    await check('HTTP+SSE: a client without a token is challenged', async () => {
      const response = await fetch(`${demo.mcpUrl}/sse`);
      assert.equal(response.status, 401);
      assert.match(response.headers.get('www-authenticate'), /resource_metadata=/);
    });
    await person.leave();
  });

async function drive(name, transport) {
  const client = new Client({ name: 'vestibule-test', version: '1.0.0' });
  await check(`${name}: connects`, async () => client.connect(await transport()));
  await checkEmployee(name, {
    list: async () => (await client.listTools()).tools.map(tool => tool.name),
    call: (tool, args) => client.callTool({ name: tool, arguments: args }),
  });
  await client.close();
}
