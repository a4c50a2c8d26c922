// What an EMPLOYEE may do, checked the same way whatever the client: list, call, be refused.
import assert from 'node:assert/strict';
import { check } from './checks.mjs';

/** `list` gives tool names; `call` gives the result of a tool or throws. */
export async function checkEmployee(name, { list, call }) {
  await check(`${name}: the list has query_leaves and not get_dashboard_stats`, async () => {
    const names = await list();
    assert.ok(names.includes('query_leaves'), `listed: ${names}`);
    assert.ok(!names.includes('get_dashboard_stats'), `listed: ${names}`);
  });
  await checkCall(`${name}: query_leaves answers`, call);
  await check(`${name}: get_dashboard_stats is refused`, () => refused(() => call('get_dashboard_stats', {})));
}

/** The call every employee may make. */
export const checkCall = (name, call) =>
  check(name, async () => {
    const result = await call('query_leaves', {});
    assert.ok(!result.isError, JSON.stringify(result));
    assert.ok(result.content?.length > 0, JSON.stringify(result));
  });

/** Passes when the call ends in an error of the protocol or of the tool, and in nothing else. */
export async function refused(call) {
  let result;
  try {
    result = await call();
  } catch (error) {
    assert.match(String(error), /unknown tool|tool_not_found|not allowed|denied|forbidden|policy|-32602|403/i);
    return;
  }
  assert.equal(result.isError, true, `answered: ${JSON.stringify(result).slice(0, 500)}`);
}
