// The real binary: the demo as a person would start it, and a gateway with a configuration of its own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './process.mjs';
import { BIN, CLIENTS, ROOT, SCRATCH, VESTIBULE, freePort } from './places.mjs';

const env = { ...process.env, XDG_STATE_HOME: join(SCRATCH, 'state'), RUST_LOG: process.env.RUST_LOG ?? 'info' };

/** `vestibule demo --json`: everything on. `more` is added to the environment. */
export async function startDemo(more = {}) {
  const program = new Program(VESTIBULE, ['demo', '--json', '--listen', '127.0.0.1:0'], { env: { ...env, ...more } });
  const [line] = await program.printed(/^\{.*"mcp_url".*\}$/m);
  const ready = JSON.parse(line);
  const state = join(SCRATCH, 'state/vestibule', `demo-${new URL(ready.issuer).port}`);
  const byRole = role => ready.users.find(user => user.role === role && !user.totp_secret);
  return {
    program,
    issuer: ready.issuer,
    mcpUrl: ready.mcp_url,
    consoleUrl: ready.console_url,
    users: ready.users,
    employee: byRole('EMPLOYEE'),
    executive: byRole('EXECUTIVE'),
    withTotp: ready.users.find(user => user.totp_secret),
    audit: () => vestibule(['audit', 'tail', '-n', '10000', '--no-follow', '--json', '--state', state]),
    verify: () => vestibule(['audit', 'verify', '--state', state]),
    stop: () => program.stop(),
  };
}

/** `vestibule protect --json` before a URL or a command. */
export async function startProtected(args, more = {}) {
  const program = new Program(VESTIBULE, ['protect', '--json', '--listen', '127.0.0.1:0', ...args], { env: { ...env, ...more } });
  const [line] = await program.printed(/^\{.*"mcp_url".*\}$/m);
  const ready = JSON.parse(line);
  return { program, issuer: ready.issuer, mcpUrl: ready.mcp_url, user: ready.user, stop: () => program.stop() };
}

/** What `vestibule doctor` finds at a URL. */
export async function doctor(url) {
  const program = new Program(VESTIBULE, ['doctor', '--json', url], { env });
  await program.ended;
  return { code: program.code, findings: JSON.parse(program.stdout) };
}

const PERMISSIONS = 'examples/hr/policy/hr.toml';
const PASSWORD = 'correct horse battery staple 7';
export const SERVICE_SECRET = 'a-long-secret-of-the-reporting-service-0123456789';

/** `vestibule serve` before `upstream`, with pre-registered clients and metadata documents from this machine. */
export async function startHouse({ upstream, caFile }) {
  const notes = '[[tool]]\nnames = ["*"]\nallow = { "*" = "all" }\n';
  const hr = readFileSync(join(ROOT, PERMISSIONS));
  const files = { 'hr.toml': hr, 'notes.toml': notes, 'service.secret': SERVICE_SECRET };
  const house = await startServe('house', files, place => configuration({ ...place, upstream, caFile }));
  const employee = { email: 'erin@house.example', password: PASSWORD, role: 'EMPLOYEE', employee_id: 'E-1' };
  await addUser(house.config, employee);
  return { ...house, mcpUrl: `${house.issuer}/mcp/hr`, employee };
}

/** `vestibule serve` in a folder of its own with these files; `configure` gets the issuer and the port. */
export async function startServe(name, files, configure) {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const folder = join(SCRATCH, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content, { mode: 0o600 });
  const config = join(folder, 'vestibule.toml');
  writeFileSync(config, configure({ issuer, port }));
  const program = new Program(VESTIBULE, ['serve', '--config', config], { env });
  await ready(program, `${issuer}/.well-known/oauth-authorization-server`);
  return { program, issuer, port, config, stop: () => program.stop() };
}

/** `vestibule serve` before servers that a test describes; everybody may do everything. */
export async function startBefore(name, servers) {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const folder = join(SCRATCH, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const every = ['tool', 'prompt', 'method'].map(kind => `[[${kind}]]\nnames = ["*"]\nallow = { "*" = "all" }\n`);
  writeFileSync(join(folder, 'everything.toml'), `${every.join('\n')}\n[[resource]]\nuris = ["*"]\nallow = { "*" = "all" }\n`);
  const config = join(folder, 'vestibule.toml');
  const start = `public_url = "${issuer}"\nlisten = "127.0.0.1:${port}"\nstate = "data"\n\n[sign_in]\nargon2_memory_mib = 19\nargon2_passes = 2\n`;
  writeFileSync(config, start + servers);
  const program = new Program(VESTIBULE, ['serve', '--config', config], { env });
  await ready(program, `${issuer}/.well-known/oauth-authorization-server`);
  const user = { email: 'erin@house.example', password: PASSWORD, role: 'EMPLOYEE', employee_id: 'E-1' };
  await addUser(config, user);
  return { program, issuer, user, url: server => `${issuer}/mcp/${server}`, stop: () => program.stop() };
}

const configuration = ({ issuer, port, upstream, caFile }) => `
public_url = "${issuer}"
listen = "127.0.0.1:${port}"
state = "data"
extra_roots = ["${caFile}"]

[sign_in]
argon2_memory_mib = 19
argon2_passes = 2

[clients]
danger_loopback_documents = true
registrations_per_hour = 1000

[[server]]
name = "hr"
url = "${upstream}"
policy = "hr.toml"

[[server]]
name = "notes"
command = ["${join(BIN, 'node')}", "${join(CLIENTS, 'lib/stdio_upstream.mjs')}"]
policy = "notes.toml"

[[server]]
name = "nowhere"
url = "http://127.0.0.1:1/mcp"
policy = "notes.toml"

[federation]
title = "Everything at the house"
timeout_seconds = 5

[[client]]
id = "desk"
name = "The pre-registered desk"
redirect_uris = ["http://127.0.0.1/callback"]

[[client]]
id = "conformance"
name = "The conformance suite"
redirect_uris = ["http://127.0.0.1:3999/callback"]

[[client]]
id = "portal"
name = "The staff portal"
redirect_uris = ["http://127.0.0.1/callback"]
secret = { file = "service.secret" }

[[client]]
id = "service"
name = "The reporting service"
secret = { file = "service.secret" }
grant_types = ["client_credentials"]
roles = ["EXECUTIVE"]
`;

async function addUser(config, user) {
  const args = ['user', 'add', user.email, '--config', config, '--role', user.role, '--department', 'People',
    '--attribute', `employee_id=${user.employee_id}`, '--password-stdin'];
  const program = new Program(VESTIBULE, args, { env });
  program.child.stdin.end(user.password);
  await program.success();
}

async function vestibule(args) {
  const program = new Program(VESTIBULE, args, { env });
  await program.success();
  return program.stdout;
}

async function ready(program, url) {
  for (let tries = 0; tries < 200; tries += 1) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    if (program.code !== undefined) break;
    await new Promise(done => setTimeout(done, 100));
  }
  throw new Error(`the gateway did not become ready; it printed:\n${program.output.slice(-3000)}`);
}
