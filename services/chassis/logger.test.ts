import { execFile } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { RequestContext, runInContext } from './context.ts';
import { createLogger } from './logger.ts';

function captured(): { lines: Record<string, unknown>[]; write: (line: string) => void } {
  const lines: Record<string, unknown>[] = [];
  return { lines, write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }; // a log line is one object
}

test('a line has a time, a level in words, the service and the request', (t) => {
  const output = captured();
  const logger = createLogger({ service: 'product', version: '1.0.0', level: 'info' }, output);
  runInContext(new RequestContext('request-1', 'trace-1', 0), () => logger.info({ sku: 'A' }, 'product changed'));
  logger.debug('not written');
  t.is(output.lines.length, 1);
  t.like(output.lines[0], {
    level: 'info',
    service: 'product',
    version: '1.0.0',
    requestId: 'request-1',
    traceId: 'trace-1',
    sku: 'A',
    msg: 'product changed',
  });
  t.regex(String(output.lines[0]?.['ts']), /^\d{4}-\d\d-\d\dT/);
});

test('secrets are not written wherever they usually are', (t) => {
  const output = captured();
  const logger = createLogger({ service: 'product', version: '1', level: 'info' }, output);
  logger.info({
    password: 'hunter2',
    postgres: { password: 'hunter2' },
    headers: { authorization: 'Bearer hunter2', cookie: 'hunter2', 'x-internal-identity': 'hunter2' },
    login: { token: 'hunter2' },
  });
  t.false(JSON.stringify(output.lines).includes('hunter2'));
});

const endings = {
  'is killed after a warning': `logger.warn('two'); process.kill(process.pid, 'SIGKILL');`,
  'exits at once': `process.exit(0);`,
  fails: `throw new Error('two');`,
  'is killed a while later': `setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1000);`,
  'has nothing more to do': '',
};

for (const [how, code] of Object.entries(endings)) {
  test(`nothing of what a process logged is lost when it ${how}`, async (t) => {
    t.regex(await outputOf(`logger.info('one'); ${code}`), /"msg":"one"/);
  });
}

/** What a process writes that has a logger. */
function outputOf(code: string): Promise<string> {
  const program = `
    import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'logger.ts'))};
    const logger = createLogger({ service: 'product', version: '1', level: 'info' });
    ${code}`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '--eval', program], (_error, stdout) => resolve(stdout));
  });
}
