import test from 'ava';

/**
 * `test.serial` when nothing is missing on this machine. Otherwise the file's tests are skipped and stderr says why; in
 * CI, where nobody would see that, the file fails.
 */
export function serialUnless(missing: string | undefined) {
  if (missing === undefined) {
    return test.serial;
  }
  if (process.env['CI'] === 'true') {
    throw new Error(`these tests cannot run, and with CI=true nothing is skipped: ${missing}`);
  }
  process.stderr.write(`skipped: ${missing}\n`);
  return test.serial.skip;
}
