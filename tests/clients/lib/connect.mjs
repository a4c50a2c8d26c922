// A client that is connected, for drivers that are about something else.
import * as two from '@modelcontextprotocol/client';
import { listenForCallback } from './callback.mjs';
import { MemoryProvider } from './provider.mjs';

export async function connect(place, person, { name = 'A test', shots, fetch } = {}) {
  const callback = await listenForCallback();
  const provider = new MemoryProvider({ name, redirectUrl: callback.url });
  const make = () => [
    new two.Client({ name: 'vestibule-test', version: '1.0.0' }),
    new two.StreamableHTTPClientTransport(new URL(place.mcpUrl), { authProvider: provider, fetch }),
  ];
  const [first, transport] = make();
  await first.connect(transport).catch(error => { if (!provider.authorizationUrl) throw error; });
  await person.approve(provider.authorizationUrl, { shots });
  await transport.finishAuth((await callback.received).searchParams);
  const [client, second] = make();
  await client.connect(second);
  callback.close();
  return { client, provider };
}
