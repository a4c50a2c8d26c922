// npm @modelcontextprotocol/conformance, `authorization`: all its checks, with a person at the browser.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { check, suite } from '../lib/checks.mjs';
import { BIN, CLIENTS, SCRATCH } from '../lib/places.mjs';
import { Program } from '../lib/process.mjs';
import { authorizationUrl } from './mcp_remote.mjs';

const EXPECTED = ['authorization-server-metadata', 'authorization-server-metadata-cimd', 'authorization-code-grant'];
const SUITE = join(CLIENTS, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');

export const conformance = ({ house, browser }) =>
  suite('the official conformance suite, authorization', async () => {
    const out = mkdtempSync(join(SCRATCH, 'conformance-'));
    const args = ['authorization', '--url', house.issuer, '--client-id', 'conformance', '--port', '3999', '-o', out];
    const person = await browser.visit(house, house.employee);
    const results = await check('conformance: it runs to its end', async () => {
      const run = new Program(join(BIN, 'node'), [SUITE, ...args], { cwd: out });
      const [url] = await run.printed(authorizationUrl(house.issuer));
      await person.approve(url);
      await run.success();
      return readChecks(out);
    });
    // The suite counts a scenario without checks as passed, so they are counted here.
    for (const id of EXPECTED) {
      await check(`conformance: ${id}`, () => {
        const found = results.filter(result => result.id === id);
        assert.ok(found.length > 0, `not among ${JSON.stringify(results.map(result => result.id))}`);
        found.forEach(result => assert.equal(result.status, 'SUCCESS', JSON.stringify(result)));
      });
    }
    await person.leave();
  });

function readChecks(folder) {
  const files = readdirSync(folder, { recursive: true }).filter(name => name.endsWith('checks.json'));
  return files.flatMap(name => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}
