import test from 'ava';
import { createLogger } from './logger.ts';

function aLogger(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ level, name: 'operator', destination: { write: (line) => void lines.push(line) } });
  return { logger, lines };
}

test('a line is JSON with time, level as a word, logger and message', (t) => {
  const { logger, lines } = aLogger();
  logger.info({ namespace: 'ns', name: 'shop' }, 'pass');
  logger.debug({}, 'not this one');
  t.is(lines.length, 1);
  const line: unknown = JSON.parse(lines[0] ?? '');
  t.like(line, { level: 'info', logger: 'operator', msg: 'pass', namespace: 'ns', name: 'shop' });
  t.regex(lines[0] ?? '', /"ts":"\d{4}-\d\d-\d\dT[\d:.]+Z"/);
});

test('values under names of secrets never reach the log, however deep and in every child', (t) => {
  const { logger, lines } = aLogger();
  const password = 'hunter2';
  logger.info({ password, a: { token: password, b: { authorization: password, c: { privateKey: password } } } }, 'x');
  logger.child({ reconcileID: '1' }).warn({ connection: { password } }, 'y');
  t.is(lines.length, 2);
  t.false(lines.join().includes(password));
  t.true(lines.join().includes('[redacted]'));
});

test('an error is logged with type, message and stack', (t) => {
  const { logger, lines } = aLogger();
  logger.error({ err: new TypeError('broken') }, 'failed');
  t.like(JSON.parse(lines[0] ?? ''), { err: { type: 'TypeError', message: 'broken' } });
});
