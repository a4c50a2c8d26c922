// The same small MCP server on standard input and output, as `protect -- COMMAND` starts it.
import { createInterface } from 'node:readline';
import { answerTo } from './upstream.mjs';

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  if (call.id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id: call.id, ...answerTo(call, false) }));
}
