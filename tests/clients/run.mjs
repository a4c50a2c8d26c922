// Drives real clients against the real binary: `node run.mjs [suite…]`. Needs Node 22 or newer.
// One line per check; the last line says how many passed and failed.
import { conformance } from './drivers/conformance.mjs';
import { conformanceServer } from './drivers/conformance_server.mjs';
import { evidence } from './drivers/evidence.mjs';
import { federation } from './drivers/federation.mjs';
import { inspector } from './drivers/inspector.mjs';
import { masking } from './drivers/masking.mjs';
import { mcpRemote } from './drivers/mcp_remote.mjs';
import { pages } from './drivers/pages.mjs';
import { protect } from './drivers/protect.mjs';
import { python } from './drivers/python.mjs';
import { servers } from './drivers/servers.mjs';
import { strict } from './drivers/strict.mjs';
import { typescript } from './drivers/typescript.mjs';
import { wires } from './drivers/wires.mjs';
import { startBrowser } from './lib/browser.mjs';
import { finish, succeeded, suite } from './lib/checks.mjs';
import { serveDocuments } from './lib/documents.mjs';
import { SERVICE_SECRET, startDemo, startHouse } from './lib/house.mjs';
import { startUpstream } from './lib/upstream.mjs';

const SUITES = {
  typescript, wires, servers, mcpRemote, inspector, python, strict, conformance, conformanceServer, pages, protect, federation, masking,
  evidence,
};
const asked = process.argv.slice(2);
const unknown = asked.filter(name => !SUITES[name]);
if (unknown.length > 0) throw new Error(`no such suite: ${unknown}; there are ${Object.keys(SUITES)}`);

await suite('the house under test', async () => {
  const upstream = await startUpstream();
  const documents = await serveDocuments();
  const demo = await startDemo();
  const house = await startHouse({ upstream: upstream.url, caFile: documents.caFile });
  const browser = await startBrowser();
  const secrets = () => [SERVICE_SECRET, house.employee.password];
  const world = { upstream, documents, demo, house, browser, secrets };
  for (const name of asked.length > 0 ? asked : Object.keys(SUITES)) await SUITES[name](world);
  if (!succeeded()) tellLogs(demo, house);
  await browser.close();
  await house.stop();
  await demo.stop();
  documents.close();
  upstream.close();
});
process.exit(finish() ? 0 : 1);

/** What the gateways said, when something failed. */
function tellLogs(...gateways) {
  for (const { program } of gateways) {
    const log = program.output.split('\n').filter(line => /WARN|ERROR|panicked/.test(line)).slice(-40);
    console.log(`\nwarnings and errors of ${program.child.spawnargs.slice(1).join(' ')}:\n${log.join('\n')}`);
  }
}
