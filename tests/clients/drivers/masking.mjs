// MASK_PII_BEFORE_LLM=true and a real client: what it sees, what the server gets, what the log and the journal keep.
import assert from 'node:assert/strict';
import { check, suite } from '../lib/checks.mjs';
import { connect } from '../lib/connect.mjs';
import { startDemo, startProtected } from '../lib/house.mjs';

const ON = { MASK_PII_BEFORE_LLM: 'true', RUST_LOG: 'debug' };
// What is on the file of E1002 in the sample company, and how a model sees it.
const FILE = {
  email: ['tom.berger@acme.example', /^\[EMAIL_\d+\]$/],
  phone: ['+49 30 23125 102', /^\[PHONE_\d+\]$/],
  home_address: ['Kastanienallee 82, 10435 Berlin', /^\[ADDRESS_\d+\]$/],
  passport_number: ['C3XP9T418', /^\[PASSPORT_\d+\]$/],
  us_ssn: ['734-12-3102', /^\[SSN_\d+\]$/],
  company_card: ['5555 5555 5555 4444', /^\[CARD_\d+\]$/],
  last_sign_in_ip: ['203.0.113.12', /^\[IP_\d+\]$/],
};
const values = Object.values(FILE).map(([value]) => value);
const assertHidden = text => values.forEach(value => assert.ok(!text.includes(value), `${value} in ${text.slice(0, 400)}`));

export const masking = ({ browser, upstream }) =>
  suite('masking', async () => {
    const demo = await check('masking: the demo starts with nothing but the switch', () => startDemo(ON));
    const tom = demo.users.find(user => user.employee_id === 'E1002');
    const person = await browser.visit(demo, tom);
    const { client } = await check('masking: its user signs in and consents', () => connect(demo, person));
    const call = async (name, args = {}) => client.callTool({ name, arguments: args });
    await check('masking: all seven types are labels in text and structure alike', async () => {
      const result = await call('get_user_profile');
      assertHidden(JSON.stringify(result));
      assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
      for (const [field, [, label]] of Object.entries(FILE)) assert.match(result.structuredContent[field], label, field);
      assert.equal(result.structuredContent.name, 'Tom Berger');
    });
    await check('masking: leave is booked with a stand-in whose address the client never sees', async () => {
      const { members } = (await call('get_team_members')).structuredContent;
      const stand = members.find(member => member.id === 'E1003');
      assert.match(stand.email, /^\[EMAIL_\d+\]$/);
      const day = new Date(Date.now() + 200 * 86_400_000);
      while (day.getUTCDay() !== 2) day.setUTCDate(day.getUTCDate() + 1);
      const date = day.toISOString().slice(0, 10);
      const booked = await call('create_leave_request', { kind: 'vacation', start: date, end: date, stand_in_email: stand.email });
      assert.ok(!booked.isError, JSON.stringify(booked));
      assert.deepEqual(booked.structuredContent.stand_in, { id: 'E1003', email: stand.email });
    });
    const jack = demo.users.find(user => user.employee_id === 'E1006');
    const other = await browser.visit(demo, jack);
    const { client: stranger } = await check('masking: somebody else connects', () => connect(demo, other));
    await check('masking: a label of one person is worth nothing to another', async () => {
      const day = new Date(Date.now() + 207 * 86_400_000);
      while (day.getUTCDay() !== 2) day.setUTCDate(day.getUTCDate() + 1);
      const date = day.toISOString().slice(0, 10);
      const result = await stranger.callTool({ name: 'create_leave_request', arguments: { kind: 'vacation', start: date, end: date, stand_in_email: '[EMAIL_1]' } });
      assert.ok(result.isError && /No colleague has the address/.test(result.content[0].text), JSON.stringify(result));
    });
    await check('masking: log and journal hold none of it', async () => {
      const journal = await demo.audit();
      assert.match(journal, /get_user_profile/);
      assertHidden(journal);
      // The first line tells the tester who can sign in.
      assertHidden(demo.program.output.replace(/^\{.*"mcp_url".*$/m, ''));
    });
    await client.close();
    await stranger.close();
    await person.leave();
    await other.leave();
    await demo.stop();

    const open = await startDemo({});
    const again = await browser.visit(open, open.users.find(user => user.employee_id === 'E1002'));
    let said = 0;
    const once = (url, { headers, ...init } = {}) => {
      const all = new Headers(headers);
      if (typeof init.body === 'string' && JSON.parse(init.body).method === 'initialize' && all.has('authorization')) {
        all.set('x-mask-pii-before-llm', 'true');
        said += 1;
      }
      return fetch(url, { ...init, headers: all });
    };
    const { client: careful } = await check('masking: a client says it at initialize, where nothing is switched on', () =>
      connect(open, again, { fetch: once }));
    await check('masking: what it said there holds for its session', async () => {
      const result = await careful.callTool({ name: 'get_user_profile', arguments: {} });
      assert.equal(said, 1);
      assertHidden(JSON.stringify(result));
      assert.match(result.structuredContent.email, /^\[EMAIL_\d+\]$/);
    });
    await careful.close();
    const { client: silent } = await connect(open, again);
    await check('masking: and for no other', async () => {
      const result = await silent.callTool({ name: 'get_user_profile', arguments: {} });
      assert.equal(result.structuredContent.email, FILE.email[0]);
    });
    await silent.close();
    await again.leave();
    await open.stop();

    const place = await check('masking: protect takes the same switch', () => startProtected([upstream.url], ON));
    const owner = await browser.visit(place, place.user);
    const { client: guarded } = await connect(place, owner);
    await check('masking: what an unchanged server answers is masked', async () => {
      const result = await guarded.callTool({ name: 'echo_jane.doe@example.com', arguments: {} });
      assert.equal(result.content[0].text, 'answer of [EMAIL_1]');
    });
    await guarded.close();
    await owner.leave();
    await place.stop();

    await check('masking: a switch that is neither on nor off stops the start', async () => {
      await assert.rejects(startDemo({ MASK_PII_BEFORE_LLM: 'yes' }), /MASK_PII_BEFORE_LLM|ended|exit/);
    });
  });
