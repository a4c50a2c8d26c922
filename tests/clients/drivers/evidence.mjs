// After all the clients: what reached the upstream, and what the journal says.
import assert from 'node:assert/strict';
import { check, suite } from '../lib/checks.mjs';

export const evidence = ({ demo, upstream, secrets }) =>
  suite('what all this left behind', async () => {
    await check('the upstream never saw a token, a cookie or a secret of a client', () => {
      assert.ok(upstream.requests.length > 0, 'nothing reached it at all');
      const seen = JSON.stringify(upstream.requests);
      assert.doesNotMatch(seen, /"(authorization|cookie|proxy-authorization)"/i);
      assert.doesNotMatch(seen, /eyJ[\w-]{10,}\.[\w-]{10,}\./);
      secrets().forEach(secret => assert.ok(!seen.includes(secret)));
    });
    const records = await check('the journal has the calls and the refusals', async () => {
      const text = await demo.audit();
      const events = text.trim().split('\n').map(line => JSON.parse(line).event).filter(Boolean);
      const of = (target, verdict) => events.filter(event => event.target === target && event.verdict === verdict);
      assert.ok(of('query_leaves', 'allow').length > 0, text.slice(-2000));
      assert.ok(of('get_dashboard_stats', 'deny').length > 0, text.slice(-2000));
      return text;
    });
    await check('the journal proves itself', async () => assert.match(await demo.verify(), /sound: \d+ records in an unbroken chain/));
    await check('no password and no token stands in the journal or the log', () => {
      for (const text of [records, demo.program.output.replace(/^\{.*"mcp_url".*$/m, '')]) {
        assert.doesNotMatch(text, /eyJ[\w-]{10,}\.[\w-]{10,}\./);
        demo.users.forEach(user => assert.ok(!text.includes(user.password), user.email));
      }
    });
  });
