// The official conformance suite in server mode: running it, reading what it wrote, comparing two runs.
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, CLIENTS, SCRATCH } from './places.mjs';
import { Program } from './process.mjs';

const HOME = join(CLIENTS, 'node_modules/@modelcontextprotocol/conformance');
export const REVISIONS = ['2025-11-25', '2026-07-28'];

/** Scenario → checks, of one run against `http://localhost:port/path`. */
export async function runSuite(port, path, revision) {
  const out = mkdtempSync(join(SCRATCH, 'conformance-server-'));
  const args = ['server', '--url', `http://localhost:${port}${path}`, '--requirements', revision, '-o', out];
  // Its exit code says only whether every scored scenario passed; the files say it per check.
  const run = new Program(join(BIN, 'node'), [join(HOME, 'dist/index.js'), ...args], { cwd: out });
  await run.printed(/=== SUMMARY ===/, { seconds: 110 });
  await run.ended;
  const results = new Map();
  for (const folder of readdirSync(out)) {
    const scenario = folder.match(/^server-(.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z$/)?.[1];
    if (scenario) results.set(scenario, JSON.parse(readFileSync(join(out, folder, 'checks.json'), 'utf8')));
  }
  return results;
}

/** The scenarios that count for a revision. */
export function scored(revision) {
  const text = readFileSync(join(HOME, 'requirements', `${revision}.yaml`), 'utf8');
  const list = text.match(/^server:\n((?:[ #].*\n|\n)*)/m)[1];
  return new Set([...list.matchAll(/^ {2}- (\S+)/gm)].map(match => match[1]));
}

// `INFO` tells what was seen on the way and judges nothing.
const RANK = { FAILURE: 0, WARNING: 1, SKIPPED: 2, SUCCESS: 3 };
export const judged = checks => checks.filter(check => check.status in RANK);

/** What is worse or missing in `through`, with what the suite said. */
export function losses(direct, through) {
  const found = byName(through);
  return [...byName(direct)].flatMap(([name, before]) => {
    const after = found.get(name);
    if (after && RANK[after.status] >= RANK[before.status]) return [];
    return [{ change: `${name}: ${before.status} → ${after?.status ?? 'missing'}`, message: after?.errorMessage }];
  });
}

/** Several checks may have one id: they are told apart by their name and their order. */
function byName(checks) {
  const named = new Map();
  for (const check of judged(checks)) {
    const name = `${check.id} ${check.name}`;
    let count = 1;
    while (named.has(`${name} ${count}`)) count += 1;
    named.set(`${name} ${count}`, check);
  }
  return named;
}
