import test from 'ava';
import { currentContext, RequestContext, runInContext } from './context.ts';

const aContext = (): RequestContext => new RequestContext('request-1', undefined, performance.now());

test('the context is found after awaiting, and nowhere else', async (t) => {
  const context = aContext();
  await runInContext(context, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    t.is(currentContext(), context);
  });
  t.is(currentContext(), undefined);
});

test('a deadline only comes nearer', (t) => {
  const context = aContext();
  t.is(context.remainingMs(), Number.POSITIVE_INFINITY);
  context.limitTime(50);
  context.limitTime(5000);
  t.true(context.remainingMs() <= 50);
});

test('the signal is aborted at the deadline', async (t) => {
  const context = aContext();
  context.limitTime(5);
  const { signal } = context;
  // The context's own timer does not keep the process alive; this one does.
  const keepAlive = setTimeout(() => undefined, 1000);
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  clearTimeout(keepAlive);
  t.is((signal.reason as DOMException).name, 'TimeoutError'); // abort reasons are untyped
});

test('a signal made after the request was cancelled is aborted with the cause', (t) => {
  const context = aContext();
  const cause = new Error('gone');
  context.cancel(cause);
  context.cancel(new Error('second'));
  t.is(context.signal.reason, cause);
});
