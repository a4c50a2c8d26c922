// PyPI clients. Each script prints one line per check; we only play its browser.
import { join } from 'node:path';
import { check, suite } from '../lib/checks.mjs';
import { SERVICE_SECRET } from '../lib/house.mjs';
import { CLIENTS, PYTHON, SCRATCH } from '../lib/places.mjs';
import { Program } from '../lib/process.mjs';

export async function python({ demo, house, documents, browser }) {
  const document = { client_name: 'The Python document client', token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] };
  const url = documents.publish('/python/client.json', document);
  await script('PyPI mcp, registers itself', 'mcp_client.py', { place: demo, browser });
  await script('PyPI mcp, metadata document (CIMD)', 'mcp_client.py', { place: house, browser, args: ['--document', url] });
  await script('PyPI fastmcp, registers itself', 'fastmcp_client.py', { place: demo, browser });
  await script('PyPI fastmcp, pre-registered', 'fastmcp_client.py', { place: house, browser, args: ['--client-id', 'desk'] });
  await script('PyPI Authlib, a strict client', 'authlib_client.py', { place: house, browser, args: ['--client-id', 'portal'] });
}

function script(name, file, { place, browser, args = [] }) {
  return suite(name, async () => {
    const env = { ...process.env, HOME: SCRATCH, BROWSER: 'echo open %s', PYTHONUNBUFFERED: '1', CLIENT_SECRET: SERVICE_SECRET };
    const run = new Program(PYTHON, [join(CLIENTS, 'python', file), place.mcpUrl, ...args], { env });
    const person = await browser.visit(place, place.employee);
    await check(`${name}: its user signs in and consents in Chromium`, async () => {
      const [, url] = await run.printed(/^open (http\S+)$/m);
      await person.approve(url);
    });
    const output = await run.success().catch(error => String(error));
    const lines = output.match(/^(ok|FAIL) .*$/gm) ?? [];
    for (const line of lines) {
      await check(`${name}: ${line.replace(/^\w+ +/, '')}`, () => { if (line.startsWith('FAIL')) throw new Error(output.slice(-3000)); });
    }
    await check(`${name}: came to its end`, () => { if (run.code !== 0 || lines.length === 0) throw new Error(output.slice(-3000)); });
    await person.leave();
  });
}
