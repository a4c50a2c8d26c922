// Real servers of npm and PyPI behind the gateway, over each transport that they have: what a client sees through the gateway
// is what it sees directly.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { check, suite } from '../lib/checks.mjs';
import { connect } from '../lib/connect.mjs';
import { startBefore } from '../lib/house.mjs';
import { BIN, CLIENTS, PYTHON, freePort } from '../lib/places.mjs';
import { Program } from '../lib/process.mjs';

const NODE = join(BIN, 'node');
const EVERYTHING = join(CLIENTS, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const FASTMCP = join(CLIENTS, 'python/fastmcp_server.py');

export const servers = ({ browser }) =>
  suite('servers of npm and PyPI', async () => {
    const [streams, events, python] = [await freePort(), await freePort(), await freePort()];
    const running = [
      new Program(NODE, [EVERYTHING, 'streamableHttp'], { env: { ...process.env, PORT: streams } }),
      new Program(NODE, [EVERYTHING, 'sse'], { env: { ...process.env, PORT: events } }),
      new Program(PYTHON, [FASTMCP, String(python)]),
    ];
    await Promise.all([streams, events, python].map(listening));
    const house = await startBefore('servers', `
${http('streams', `http://127.0.0.1:${streams}/mcp`)}
${http('events', `http://127.0.0.1:${events}/sse`)}transport = "sse"
${http('python', `http://127.0.0.1:${python}/mcp`)}
${command('stdio', [NODE, EVERYTHING, 'stdio'])}
${command('python-stdio', [PYTHON, FASTMCP])}`);
    const person = await browser.visit({ issuer: house.issuer }, house.user);

    const everything = [
      ['streams', 'server-everything, streamable HTTP', () => new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${streams}/mcp`))],
      ['events', 'server-everything, HTTP+SSE', () => new SSEClientTransport(new URL(`http://127.0.0.1:${events}/sse`))],
      ['stdio', 'server-everything, stdio', () => stdio(NODE, [EVERYTHING, 'stdio'])],
    ];
    for (const [server, name, transport] of everything) {
      await beside(name, house.url(server), transport, person, async (direct, through) => {
        await same(`${name}: a call`, direct, through, client => client.callTool({ name: 'echo', arguments: { message: 'hello' } }));
        await same(`${name}: a prompt`, direct, through, client => client.getPrompt({ name: 'simple-prompt' }));
        await check(`${name}: progress arrives`, async () => {
          const seen = [];
          const params = { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 4 } };
          await through.callTool(params, { onprogress: progress => seen.push(progress.progress) });
          assert.ok(seen.length >= 3, `progress: ${seen}`);
        });
      });
    }
    for (const [server, name, transport] of [
      ['python', 'fastmcp, streamable HTTP', () => new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${python}/mcp`))],
      ['python-stdio', 'fastmcp, stdio', () => stdio(PYTHON, [FASTMCP])],
    ]) {
      await beside(name, house.url(server), transport, person, async (direct, through) => {
        await same(`${name}: a call`, direct, through, client => client.callTool({ name: 'add', arguments: { a: 19, b: 23 } }));
        await same(`${name}: a resource`, direct, through, client => client.readResource({ uri: 'note://one' }));
        await same(`${name}: a prompt`, direct, through, client => client.getPrompt({ name: 'greet', arguments: { name: 'Ada' } }));
      });
    }
    await person.leave();
    await house.stop();
    for (const program of running) await program.stop();
  });

const http = (name, url) => `\n[[server]]\nname = "${name}"\npolicy = "everything.toml"\nurl = "${url}"\n`;
const command = (name, argv) => `\n[[server]]\nname = "${name}"\npolicy = "everything.toml"\ncommand = ${JSON.stringify(argv)}\n`;
const stdio = (command, args) => new StdioClientTransport({ command, args, env: { PATH: process.env.PATH, HOME: process.env.HOME ?? '/' }, stderr: 'ignore' });

async function beside(name, url, transport, person, more) {
  const direct = new Client({ name: 'vestibule-test', version: '1.0.0' });
  await check(`${name}: works by itself`, () => direct.connect(transport()));
  const { client: through } = await check(`${name}: its user signs in before it`, () => connect({ mcpUrl: url }, person, { name }));
  await same(`${name}: says who it is`, direct, through, client => client.getServerVersion());
  await same(`${name}: tools`, direct, through, client => client.listTools());
  await same(`${name}: prompts`, direct, through, client => client.listPrompts());
  await same(`${name}: resources`, direct, through, client => client.listResources());
  await same(`${name}: resource templates`, direct, through, client => client.listResourceTemplates());
  await more(direct, through);
  await through.close();
  await direct.close();
}

const same = (name, direct, through, ask) =>
  check(name, async () => assert.deepEqual(await plain(ask(through)), await plain(ask(direct))));

/** What the two generations of SDKs agree on. */
const plain = async answer => JSON.parse(JSON.stringify(await answer));

async function listening(port) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false)) return;
    await new Promise(done => setTimeout(done, 100));
  }
  throw new Error(`nothing listens on ${port}`);
}
