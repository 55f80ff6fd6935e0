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
