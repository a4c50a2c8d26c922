// A small MCP server that remembers what reached it, to prove what did not.
import http from 'node:http';

const TOOLS = ['query_leaves', 'get_dashboard_stats', 'get_departments', 'not_in_the_table'].map(name => ({
  name, description: `${name} of the sample`, inputSchema: { type: 'object', properties: { employee_id: { type: 'string' } } },
}));

export async function startUpstream() {
  const requests = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ method: request.method, headers: request.rawHeaders, body });
    if (request.method !== 'POST') return response.writeHead(405).end();
    const call = JSON.parse(body);
    if (call.id === undefined) return response.writeHead(202).end();
    const modern = request.headers['mcp-protocol-version'] === '2026-07-28';
    const answer = { jsonrpc: '2.0', id: call.id, ...answerTo(call, modern) };
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}/mcp`, requests, close: () => server.close() };
}

export function answerTo({ method, params }, modern) {
  const complete = modern ? { resultType: 'complete' } : {};
  const cache = modern ? { ttlMs: 1000, cacheScope: 'private' } : {};
  const serverInfo = { name: 'sample-upstream', version: '1.0.0' };
  switch (method) {
    case 'initialize':
      return { result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo } };
    case 'server/discover':
      return { result: { ...complete, ...cache, supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, serverInfo } };
    case 'ping':
      return { result: { ...complete } };
    case 'tools/list':
      return { result: { ...complete, ...cache, tools: TOOLS } };
    case 'tools/call':
      return { result: { ...complete, content: [{ type: 'text', text: `answer of ${params.name}` }], isError: false } };
    default:
      return { error: { code: -32601, message: 'Method not found' } };
  }
}
