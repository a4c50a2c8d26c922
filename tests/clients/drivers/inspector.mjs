// npm @modelcontextprotocol/inspector, its command line; each run is a process of its own that shares the stored tokens.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, suite } from '../lib/checks.mjs';
import { checkCall, checkEmployee } from '../lib/leaves.mjs';
import { BIN, SCRATCH, freePort } from '../lib/places.mjs';
import { Program } from '../lib/process.mjs';
import { authorizationUrl } from './mcp_remote.mjs';

export const inspector = ({ demo, browser }) =>
  suite('Inspector command line, registers itself', async () => {
    const home = mkdtempSync(join(SCRATCH, 'inspector-'));
    const callback = `http://127.0.0.1:${await freePort()}/oauth/callback`;
    const inspect = (...args) => start(demo.mcpUrl, home, callback, args);
    const person = await browser.visit(demo, demo.employee);
    const call = async (name, args) => {
      const run = inspect('--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args));
      await run.success();
      return result(run);
    };
    await check('Inspector: its user signs in and consents in Chromium', async () => {
      const run = inspect('--method', 'tools/list');
      const [url] = await run.printed(authorizationUrl(demo.issuer));
      await person.approve(url);
      await run.success();
      assert.ok(result(run).tools.length > 0);
    });
    await checkEmployee('Inspector', {
      list: async () => {
        const run = inspect('--method', 'tools/list');
        await run.success();
        return result(run).tools.map(tool => tool.name);
      },
      call,
    });
    await check('Inspector: refreshes by itself when its token is no longer good', async () => {
      const before = spoil(home);
      await call('query_leaves', {});
      assert.ok(!everything(home).includes(before.refresh), 'the refresh token was not rotated');
    });
    await checkCall('Inspector: calls again with the new token', call);
    await person.leave();
  });

function start(url, home, callback, args) {
  const env = {
    ...process.env, HOME: home, PATH: `${BIN}:${process.env.PATH}`, BROWSER: 'true', MCP_STORAGE_DIR: join(home, 'storage'),
    MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file', NO_COLOR: '1',
  };
  const all = [join(BIN, 'mcp-inspector'), '--cli', url, '--transport', 'http', '--callback-url', callback, '--format', 'json', ...args];
  return new Program(join(BIN, 'node'), all, { env });
}

/** The JSON object on standard output. */
function result(run) {
  const parsed = JSON.parse(run.stdout.slice(run.stdout.indexOf('{')));
  return parsed.result ?? parsed;
}

const files = home => readdirSync(home, { recursive: true }).map(name => join(home, name)).filter(name => name.endsWith('.json'));
const everything = home => files(home).map(name => readFileSync(name, 'utf8')).join('\n');

/** Damages the stored access token wherever it is stored; gives the refresh token. */
function spoil(home) {
  let refresh;
  for (const name of files(home)) {
    const text = readFileSync(name, 'utf8');
    const access = text.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)?.[0];
    refresh ??= text.match(/refresh_?token\\?"\s*:\s*\\?"([^"\\]+)/i)?.[1];
    if (access) writeFileSync(name, text.replaceAll(access, `${access.slice(0, -8)}AAAAAAAA`));
  }
  assert.ok(refresh, `no refresh token among ${files(home)}`);
  return { refresh };
}
