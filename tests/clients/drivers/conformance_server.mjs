// npm @modelcontextprotocol/conformance, `server`: what it finds at our fixture, it must find through the gateway.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, suite } from '../lib/checks.mjs';
import { SERVICE_SECRET, startServe } from '../lib/house.mjs';
import { startInjector } from '../lib/inject.mjs';
import { CLIENTS, FIXTURE } from '../lib/places.mjs';
import { Program } from '../lib/process.mjs';
import { REVISIONS, judged, losses, runSuite, scored } from '../lib/suite_results.mjs';

const TABLE = join(CLIENTS, 'conformance-results.md');

export const conformanceServer = () => suite('the official conformance suite, server, direct and through', async () => {
  const fixture = await startFixture();
  const gateway = await startServe('conformance', FILES, place => configuration({ ...place, upstream: fixture.url }));
  const token = await check('conformance server: the gateway gives a token', () => serviceToken(gateway));
  const injector = await startInjector({ host: '127.0.0.1', port: gateway.port }, `Authorization: Bearer ${token}`);
  try {
    const rows = [];
    for (const revision of REVISIONS) rows.push(...await compare(revision, fixture.port, injector.port));
    await check('conformance server: the table of results is what was found', () => sameTable(rows));
    const worse = rows.filter(row => row.losses.length > 0);
    await check('conformance server: nothing is worse through the gateway', () =>
      assert.deepEqual(worse.map(({ revision, scenario, losses }) => ({ revision, scenario, losses })), []));
  } finally {
    injector.close();
    await gateway.stop();
    await fixture.stop();
  }
});

async function compare(revision, fixturePort, injectorPort) {
  const name = `conformance server ${revision}`;
  const direct = await check(`${name}: direct`, () => runSuite(fixturePort, '/mcp', revision));
  const through = await check(`${name}: through the gateway`, () => runSuite(injectorPort, '/mcp/fixture', revision));
  const counts = scored(revision);
  await check(`${name}: every scenario ran and checked something, in both`, () => {
    assert.deepEqual([...through.keys()].sort(), [...direct.keys()].sort());
    assert.deepEqual([...counts].filter(scenario => !direct.has(scenario)), []);
    // The suite counts a scenario without checks as passed.
    for (const run of [direct, through]) assert.deepEqual([...run].filter(([, checks]) => judged(checks).length === 0), []);
  });
  await check(`${name}: the fixture passes every scenario, scored or not`, () => {
    const failed = [...direct].filter(([, checks]) => checks.some(one => one.status === 'FAILURE'));
    assert.deepEqual(failed.map(([scenario]) => scenario), []);
  });
  return [...direct.keys()].sort().map(scenario => {
    const [before, after] = [direct.get(scenario), through.get(scenario)];
    return { revision, scenario, scored: counts.has(scenario), before, after, losses: losses(before, after) };
  });
}

/** `UPDATE=1` writes what was found. */
function sameTable(rows) {
  const found = table(rows);
  if (process.env.UPDATE === '1') writeFileSync(TABLE, found);
  assert.equal(found, readFileSync(TABLE, 'utf8'), 'run it with UPDATE=1 if the difference is meant');
}

const table = rows => `# Conformance, server mode

What \`@modelcontextprotocol/conformance\` finds at \`crates/fixture\`, directly and through \`vestibule serve\`: checks
passed/failed. A scenario that is not scored does not count for the revision: the suite has it on trial, or it is of an
extension. Written by \`UPDATE=1 node run.mjs conformanceServer\`; the same run without \`UPDATE\` fails when something differs.
${REVISIONS.map(revision => section(revision, rows.filter(row => row.revision === revision))).join('')}`;

const section = (revision, rows) => `
## ${revision}

| scenario | scored | direct | through | worse through |
|---|---|---|---|---|
${rows.map(line).join('')}`;

function line({ scenario, scored: counts, before, after, losses: lost }) {
  const cells = [scenario, counts ? 'yes' : 'no', sum(before), sum(after), lost.map(loss => loss.change).join('; ') || '–'];
  return `| ${cells.join(' | ')} |\n`;
}

function sum(checks) {
  const count = status => checks.filter(one => one.status === status).length;
  const others = ['WARNING', 'SKIPPED'].filter(count).map(status => `, ${count(status)} ${status.toLowerCase()}`);
  return `${count('SUCCESS')}/${count('FAILURE')}${others.join('')}`;
}

async function startFixture() {
  const program = new Program(FIXTURE, ['0']);
  const [url] = await program.printed(/^http:\S+\/mcp$/m);
  return { url, port: Number(new URL(url).port), stop: () => program.stop() };
}

async function serviceToken(gateway) {
  const metadata = await (await fetch(`${gateway.issuer}/.well-known/oauth-authorization-server`)).json();
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource: `${gateway.issuer}/mcp/fixture` });
  const authorization = `Basic ${Buffer.from(`suite:${SERVICE_SECRET}`).toString('base64')}`;
  const answer = await fetch(metadata.token_endpoint, { method: 'POST', headers: { authorization }, body });
  const tokens = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(tokens));
  return tokens.access_token;
}

const FILES = {
  'service.secret': SERVICE_SECRET,
  'everything.toml': `roles = ["SUITE"]
${['tool', 'prompt', 'method'].map(kind => `[[${kind}]]\nnames = ["*"]\nallow = { SUITE = true }\n`).join('')}
[[resource]]
uris = ["*"]
allow = { SUITE = true }
`,
};

const configuration = ({ issuer, port, upstream }) => `
public_url = "${issuer}"
listen = "127.0.0.1:${port}"
state = "memory"

[[server]]
name = "fixture"
url = "${upstream}"
policy = "everything.toml"

[[client]]
id = "suite"
secret = { file = "service.secret" }
grant_types = ["client_credentials"]
roles = ["SUITE"]
`;
