// Where things are, and a scratch folder that is thrown away at the end.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CLIENTS = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const ROOT = resolve(CLIENTS, '../..');
export const VESTIBULE = process.env.VESTIBULE ?? join(ROOT, 'target/debug/vestibule');
export const FIXTURE = process.env.FIXTURE ?? join(ROOT, 'target/debug/vestibule-fixture');
export const PYTHON = join(ROOT, '.cache/venv/bin/python');
export const BIN = join(CLIENTS, 'node_modules/.bin');
export const SCREENSHOTS = join(ROOT, 'target/screenshots');
export const SCRATCH = mkdtempSync(join(tmpdir(), 'vestibule-clients-'));
process.on('exit', () => { if (!process.env.KEEP) rmSync(SCRATCH, { recursive: true, force: true }); });

/** A port that nobody listens on just now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(done => server.on('listening', done));
  const { port } = server.address();
  await new Promise(done => server.close(done));
  return port;
}
