// Client ID metadata documents, served over TLS by a certificate authority of this run.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { SCRATCH } from './places.mjs';

export async function serveDocuments() {
  const folder = join(SCRATCH, 'tls');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  makeCertificates(folder);
  const read = name => readFileSync(join(folder, name));
  const documents = new Map();
  const fetched = [];
  const server = https.createServer({ key: read('server.key'), cert: read('server.pem') }, (request, response) => {
    fetched.push(request.url);
    const document = documents.get(request.url);
    if (!document) return response.writeHead(404).end();
    const head = { 'content-type': 'application/json', 'cache-control': 'max-age=60' };
    return response.writeHead(200, head).end(JSON.stringify(document));
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const origin = `https://127.0.0.1:${server.address().port}`;
  return {
    caFile: join(folder, 'ca.pem'),
    fetched,
    /** Publishes a client's document; gives its URL, which is the client_id. */
    publish(path, metadata) {
      documents.set(path, { client_id: origin + path, ...metadata });
      return origin + path;
    },
    close: () => server.close(),
  };
}

function makeCertificates(folder) {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test authority', '-days', '2', ...ca);
  openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=127.0.0.1');
  writeFileSync(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n');
  openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2',
    '-extfile', 'names', '-out', 'server.pem');
}
