// Counts checks. One line each on standard output; the last line is read by `cargo xtask test`.
const LIMIT_SECONDS = 120;
let passed = 0;
let failed = 0;

/** Runs one check; a check that throws has failed, and the rest of its suite is given up. */
export async function check(name, work) {
  try {
    const result = await withinLimit(work);
    passed += 1;
    console.log(`ok    ${name}`);
    return result;
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n${indent(describe(error))}`);
    throw new GivenUp();
  }
}

/** A client with its checks. A failure in one suite does not stop the next. */
export async function suite(name, work) {
  const start = Date.now();
  console.log(`\n# ${name}`);
  try {
    await work();
  } catch (error) {
    if (error instanceof GivenUp) {
      console.log('      the rest of this suite was not tried');
    } else {
      failed += 1;
      console.log(`FAIL  ${name}: could not be run\n${indent(describe(error))}`);
    }
  }
  console.log(`      ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

/** Whether nothing failed so far. */
export const succeeded = () => failed === 0;

/** Prints the totals; true when nothing failed. */
export function finish() {
  console.log(`\nclients: ${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

/** A check that hangs has failed. */
async function withinLimit(work) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`not done after ${LIMIT_SECONDS} s`)), LIMIT_SECONDS * 1000); });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

class GivenUp extends Error {}

const describe = error => {
  const cause = error?.cause ? `\ncaused by: ${error.cause?.stack ?? error.cause}` : '';
  return `${error?.stack ?? error}${cause}`.slice(0, 4000);
};
const indent = text => text.split('\n').map(line => `      ${line}`).join('\n');
