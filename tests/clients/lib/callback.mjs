// The loopback listener of a native client (RFC 8252 section 7.3).
import http from 'node:http';

export async function listenForCallback() {
  let resolve;
  const received = new Promise(done => { resolve = done; });
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1');
    if (url.pathname !== '/callback') return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'text/html' }).end('<p>You can close this window.</p>');
    return resolve(url);
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${server.address().port}/callback`;
  return { url, received, close: () => server.close() };
}
