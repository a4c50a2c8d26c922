// `vestibule protect` before a URL and before a command, and `vestibule doctor` on what it made.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { check, suite } from '../lib/checks.mjs';
import { connect } from '../lib/connect.mjs';
import { doctor, startProtected } from '../lib/house.mjs';
import { BIN, CLIENTS } from '../lib/places.mjs';

export async function protect({ upstream, demo, browser }) {
  const command = [join(BIN, 'node'), join(CLIENTS, 'lib/stdio_upstream.mjs')];
  await guarded('protect URL', [upstream.url], browser);
  await guarded('protect -- COMMAND', ['--', ...command], browser);
  await suite('doctor', async () => {
    await check('doctor: has nothing to say against the demo', async () => {
      const { code, findings } = await doctor(demo.mcpUrl);
      assert.equal(code, 0, JSON.stringify(findings, null, 1));
    });
    await check('doctor: sees that an unguarded server is unguarded', async () => {
      const { code, findings } = await doctor(upstream.url);
      assert.notEqual(code, 0, JSON.stringify(findings));
    });
  });
}

function guarded(name, args, browser) {
  return suite(name, async () => {
    const place = await check(`${name}: is ready without a configuration file`, () => startProtected(args));
    const person = await browser.visit(place, place.user);
    const { client } = await check(`${name}: its user signs in and consents`, () => connect(place, person));
    await check(`${name}: every signed-in user may do everything`, async () => {
      const { tools } = await client.listTools();
      assert.ok(tools.some(tool => tool.name === 'not_in_the_table'));
      const result = await client.callTool({ name: 'not_in_the_table', arguments: {} });
      assert.match(result.content[0].text, /answer of not_in_the_table/);
    });
    await check(`${name}: and nobody else anything`, async () => {
      const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
      const answer = await fetch(place.mcpUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      assert.equal(answer.status, 401);
    });
    await client.close();
    await person.leave();
    await place.stop();
  });
}
