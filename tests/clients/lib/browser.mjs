// A person at Chromium: signs in and consents on the real pages, by what the pages show.
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { SCRATCH, SCREENSHOTS } from './places.mjs';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
];
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const STEPS = 12;

/** One Chromium for all; every person gets a browser context of their own. */
export async function startBrowser() {
  const home = mkdtempSync(join(SCRATCH, 'chromium-'));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS, env: { ...process.env, HOME: home },
  });
  mkdirSync(SCREENSHOTS, { recursive: true });
  return {
    visit: (house, user, options) => Person.arrive(browser, house, user, options),
    close: () => browser.close(),
  };
}

/** Somebody with an account at a house. */
export class Person {
  static async arrive(browser, house, user, { javaScript = true } = {}) {
    const context = await browser.newContext({ viewport: DESK, javaScriptEnabled: javaScript });
    return new Person(context, house, user, javaScript);
  }

  constructor(context, house, user, javaScript) {
    Object.assign(this, { context, issuer: house.issuer, user, javaScript, complaints: [], seen: [] });
  }

  /** Opens an authorization URL, signs in when asked, consents, and gives the URL the browser was sent to. */
  async approve(url, { shots, decision = 'allow' } = {}) {
    const page = await this.open();
    const left = departure(page, this.issuer, url.toString());
    await page.goto(url.toString());
    for (let step = 0; step < STEPS; step += 1) {
      const gone = await Promise.race([left, new Promise(done => setTimeout(done, 50))]);
      if (gone) {
        await page.close();
        return gone;
      }
      await this.step(page, { shots, decision, left });
    }
    throw new Error(`still at ${page.url()} after ${STEPS} steps`);
  }

  /** Signs in at a page of the house that asks for it, and stays there. */
  async signIn(path, { shots } = {}) {
    const page = await this.open();
    await page.goto(this.issuer + path);
    while (await this.asksToSignIn(page)) await this.step(page, { shots });
    return page;
  }

  async open() {
    const page = await this.context.newPage();
    const complain = what => { if (page.url().startsWith(this.issuer)) this.complaints.push(`${page.url()}: ${what}`); };
    page.on('pageerror', error => complain(error));
    page.on('console', message => { if (message.type() === 'error') complain(message.text()); });
    return page;
  }

  async asksToSignIn(page) {
    return (await has(page, 'input[name=password]')) || (await has(page, 'input[name=code]'));
  }

  async step(page, { shots, decision, left }) {
    if (await has(page, 'input[name=password]')) {
      if (shots) await this.shoot(page, `${shots}-sign-in`);
      this.seen.push('sign-in');
      await page.fill('input[name=email]', this.user.email);
      await page.fill('input[name=password]', this.user.password);
      return press(page, 'form:has(input[name=password]) button[type=submit]', left);
    }
    if (await has(page, 'input[name=code]')) {
      if (shots) await this.shoot(page, `${shots}-second-factor`);
      this.seen.push('second-factor');
      await page.fill('input[name=code]', totp(this.user.totp_secret));
      return press(page, 'form:has(input[name=code]) button[type=submit]', left);
    }
    const button = `button[name=decision][value=${decision}]`;
    if (decision && (await has(page, button))) {
      if (shots) await this.shoot(page, `${shots}-consent`);
      this.seen.push('consent');
      this.consentText = await page.innerText('body');
      return press(page, button, left);
    }
    throw new Error(`an unexpected page at ${page.url()}:\n${(await page.innerText('body')).slice(0, 1500)}`);
  }

  /** A picture of the page on a desk and on a phone; neither may scroll sideways. */
  async shoot(page, name) {
    for (const [device, viewport] of [['desk', DESK], ['phone', PHONE]]) {
      await page.setViewportSize(viewport);
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${device}.png`), fullPage: true });
      if (!this.javaScript) continue;
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > viewport.width) this.complaints.push(`${name} scrolls sideways on a ${device}: ${width} > ${viewport.width}`);
    }
    await page.setViewportSize(DESK);
  }

  async leave() {
    await this.context.close();
  }
}

/** The URL of the first page outside the house, once its owner has answered: closing earlier would cut it off. */
function departure(page, issuer, start) {
  return new Promise(resolve => {
    const look = request => {
      const away = request.isNavigationRequest() && new URL(request.url()).origin !== issuer;
      if (away && !start.startsWith(request.url())) resolve(request.url());
    };
    page.on('requestfinished', look);
    page.on('requestfailed', look);
  });
}

const has = async (page, selector) => (await page.locator(selector).count()) > 0;

/** Presses a button and waits for what it leads to: another page of ours, or away from us. */
async function press(page, selector, left) {
  const next = page.waitForEvent('framenavigated', { predicate: frame => frame === page.mainFrame(), timeout: 20000 }).catch(() => {});
  await page.locator(selector).first().click({ noWaitAfter: true });
  await Promise.race(left ? [next, left] : [next]);
  await page.waitForLoadState('load').catch(() => {});
}

/** The code an authenticator app would show now (RFC 6238, SHA-1, six digits, 30 seconds). */
export function totp(secret, at = Date.now()) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
  const mac = createHmac('sha1', base32(secret)).update(counter).digest();
  const offset = mac[mac.length - 1] & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

function base32(text) {
  const bits = [...text.replace(/[=\s]/g, '').toUpperCase()]
    .map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)));
}
