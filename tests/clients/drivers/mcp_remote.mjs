// npm mcp-remote: the stdio bridge that desktop programs use, as its own process.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, suite } from '../lib/checks.mjs';
import { checkCall, checkEmployee } from '../lib/leaves.mjs';
import { BIN, SCRATCH, freePort } from '../lib/places.mjs';
import { Program } from '../lib/process.mjs';

export const mcpRemote = ({ demo, browser }) =>
  suite('mcp-remote, registers itself', async () => {
    const folder = mkdtempSync(join(SCRATCH, 'mcp-remote-'));
    const port = await freePort();
    const person = await browser.visit(demo, demo.employee);
    let bridge = start(demo.mcpUrl, port, folder);
    await check('mcp-remote: its user signs in and consents in Chromium', async () => {
      const hello = bridge.initialize();
      const [url] = await bridge.program.printed(authorizationUrl(demo.issuer));
      const landed = await person.approve(url);
      assert.equal(new URL(landed).port, String(port));
      const { serverInfo } = await hello;
      assert.ok(serverInfo.name);
    });
    await checkEmployee('mcp-remote', bridge);
    await bridge.program.stop();
    bridge = start(demo.mcpUrl, port, folder);
    await check('mcp-remote: refreshes by itself, without a browser, when its token is no longer good', async () => {
      const file = tokenFile(folder);
      const before = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(file, JSON.stringify({ ...before, access_token: `${before.access_token.slice(0, -8)}AAAAAAAA` }));
      await bridge.initialize();
      const after = JSON.parse(readFileSync(file, 'utf8'));
      assert.notEqual(after.refresh_token, before.refresh_token);
      assert.doesNotMatch(bridge.program.output, authorizationUrl(demo.issuer));
    });
    await checkCall('mcp-remote: calls again with the new token', bridge.call);
    await bridge.program.stop();
    await person.leave();
  });

export const authorizationUrl = issuer => new RegExp(`${issuer.replaceAll('.', '\\.')}/authorize\\?[^\\s"'\\u001b\\u0007]+`);

function tokenFile(folder) {
  const names = readdirSync(folder, { recursive: true }).filter(name => name.endsWith('tokens.json'));
  assert.equal(names.length, 1, `token files: ${names}`);
  return join(folder, names[0]);
}

/** The bridge, with the JSON-RPC of a desktop program on its standard input. */
function start(url, port, folder) {
  const env = { ...process.env, PATH: `${BIN}:${process.env.PATH}`, MCP_REMOTE_CONFIG_DIR: folder, BROWSER: 'true' };
  const args = [join(BIN, 'mcp-remote'), url, String(port), '--host', '127.0.0.1', '--transport', 'http-only'];
  const program = new Program(join(BIN, 'node'), args, { env });
  const waiting = new Map();
  let rest = '';
  let next = 0;
  program.child.stdout.on('data', data => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    for (const line of lines.filter(Boolean)) {
      const message = JSON.parse(line);
      if (message.id !== undefined && !message.method) waiting.get(message.id)?.(message);
    }
  });
  const write = message => program.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const ask = (method, params) => {
    const id = next++;
    const answer = new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      setTimeout(() => reject(new Error(`no answer to ${method}; it printed:\n${program.output.slice(-3000)}`)), 90000).unref();
    });
    write({ id, method, params });
    return answer.then(({ result, error }) => {
      if (error) throw new Error(`${error.code}: ${error.message}`);
      return result;
    });
  };
  return {
    program,
    async initialize() {
      const clientInfo = { name: 'desktop', version: '1.0.0' };
      const result = await ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
      write({ method: 'notifications/initialized' });
      return result;
    },
    list: async () => (await ask('tools/list', {})).tools.map(tool => tool.name),
    call: (name, args) => ask('tools/call', { name, arguments: args }),
  };
}
