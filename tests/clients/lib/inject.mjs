// A proxy that adds one header to every request and changes nothing else: bytes in, bytes out.
//
// It works below HTTP libraries on purpose. Order, case and white space of headers reach the other side as they were
// sent, `Host` among them, answers stream as they come, and when one side leaves the other one is left too.
import { connect, createServer } from 'node:net';
import { Transform } from 'node:stream';

/** Stands before `to` (host and port) on a port of its own. */
export async function startInjector(to, header) {
  const open = new Set();
  const server = createServer(client => {
    const upstream = connect(to);
    for (const [socket, other] of [[client, upstream], [upstream, client]]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => { open.delete(socket); other.destroy(); });
    }
    client.pipe(new Injection(header)).on('error', () => client.destroy()).pipe(upstream);
    upstream.pipe(client);
  });
  server.listen(0, 'localhost');
  await new Promise(done => server.on('listening', done));
  const close = () => { server.close(); open.forEach(socket => socket.destroy()); };
  return { port: server.address().port, close };
}

const END_OF_HEAD = '\r\n\r\n';

/** Finds where each request of a connection begins, and puts the header behind its first line. */
class Injection extends Transform {
  constructor(header) {
    super();
    this.line = `${header}\r\n`;
    this.head = Buffer.alloc(0);
    this.body = 0;
  }

  _transform(data, _, done) {
    try {
      this.take(data);
      done();
    } catch (error) {
      done(error);
    }
  }

  take(data) {
    let rest = data;
    while (rest.length > 0) {
      const body = rest.subarray(0, this.body);
      if (body.length > 0) this.push(body);
      this.body -= body.length;
      rest = rest.subarray(body.length);
      if (rest.length === 0) return;
      this.head = Buffer.concat([this.head, rest]);
      const end = this.head.indexOf(END_OF_HEAD);
      if (end < 0) return;
      rest = this.head.subarray(end + END_OF_HEAD.length);
      this.begin(this.head.subarray(0, end + END_OF_HEAD.length).toString('latin1'));
      this.head = Buffer.alloc(0);
    }
  }

  begin(head) {
    if (/^transfer-encoding:/im.test(head)) throw new Error('a request in chunks is not understood here');
    const first = head.indexOf('\r\n') + 2;
    this.push(Buffer.from(head.slice(0, first) + this.line + head.slice(first), 'latin1'));
    this.body = Number(head.match(/^content-length:\s*(\d+)/im)?.[1] ?? 0);
  }
}
