// The pages as people see them: on a desk and on a phone, without JavaScript, with a second factor, and what they end.
import assert from 'node:assert/strict';
import { check, suite } from '../lib/checks.mjs';
import { connect } from '../lib/connect.mjs';

export async function pages({ demo, browser }) {
  await suite('pages: consent, account, and what revoking there ends', () => account(demo, browser));
  await suite('pages: a second factor', () => secondFactor(demo, browser));
  await suite('pages: without JavaScript', () => plain(demo, browser));
}

async function account(demo, browser) {
  const person = await browser.visit(demo, demo.employee);
  const { client, provider } = await check('pages: a client is connected', () => connect(demo, person, { name: 'Pages test', shots: 'pages' }));
  await check('pages: the consent page says who, where and what, in words', () => {
    for (const words of ['Pages test', '127.0.0.1', 'BookYourPTO']) {
      assert.ok(person.consentText.includes(words), `without "${words}":\n${person.consentText}`);
    }
  });
  const page = await check('pages: /account shows the connected client', async () => {
    const shown = await person.signIn('/account');
    await person.shoot(shown, 'account');
    assert.match(await shown.innerText('body'), /Pages test/);
    return shown;
  });
  await check('pages: the account page is labelled, titled and has one main heading', () => readable(page));
  await check('pages: revoking the client there bites on its next request', async () => {
    await client.callTool({ name: 'query_leaves', arguments: {} });
    await page.getByRole('button', { name: /^Disconnect Pages test/ }).first().click();
    await page.waitForLoadState('load');
    assert.doesNotMatch(await page.innerText('body'), /Pages test uses/);
    const { saved } = provider;
    await assert.rejects(() => client.callTool({ name: 'query_leaves', arguments: {} }));
    assert.equal(provider.saved, saved, 'it could still refresh');
  });
  await check('pages: nothing to complain about', () => assert.deepEqual(person.complaints, []));
  await person.leave();
}

async function secondFactor(demo, browser) {
  const person = await browser.visit(demo, demo.withTotp);
  await check('pages: a user with a second factor is asked for it', async () => {
    const { client } = await connect(demo, person, { shots: 'totp' });
    assert.deepEqual(person.seen, ['sign-in', 'second-factor', 'consent']);
    await client.close();
  });
  await check('pages: nothing to complain about', () => assert.deepEqual(person.complaints, []));
  await person.leave();
}

async function plain(demo, browser) {
  const person = await browser.visit(demo, demo.employee, { javaScript: false });
  await check('pages: sign-in and consent work without JavaScript', async () => {
    const { client } = await connect(demo, person);
    await client.close();
  });
  await person.leave();
}

/** What a screen reader needs. */
async function readable(page) {
  assert.ok((await page.title()).length > 0, 'no title');
  assert.ok(await page.getAttribute('html', 'lang'), 'no lang');
  assert.equal(await page.locator('h1').count(), 1, 'not one h1');
  const unlabelled = await page.locator('input:not([type=hidden])').evaluateAll(inputs =>
    inputs.filter(input => !input.labels?.length && !input.getAttribute('aria-label')).map(input => input.name));
  assert.deepEqual(unlabelled, [], 'inputs without a label');
}
