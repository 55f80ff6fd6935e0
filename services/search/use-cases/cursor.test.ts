import test from 'ava';
import { fixed } from '#chassis/config/live.ts';
import { createCursorCodec } from './cursor.ts';

const [first, second] = ['first-key-of-at-least-32-characters!', 'second-key-of-at-least-32-characters'];
const cursor = { after: [1.5, 'a', null], view: 'view' };

test('a cursor comes back as it was, also with the key before', (t) => {
  const text = createCursorCodec(fixed([first])).encode({ q: 'a' }, cursor);
  t.regex(text, /^[\w-]+$/);
  t.deepEqual(createCursorCodec(fixed([first])).decode({ q: 'a' }, text), cursor);
  t.deepEqual(
    createCursorCodec(fixed([second, first])).decode({ q: 'a' }, text),
    cursor,
    'while the key is being changed',
  );
});

test('a cursor of another key, another question, or with any bit changed is refused', (t) => {
  const codec = createCursorCodec(fixed([first]));
  const text = codec.encode({ q: 'a' }, cursor);
  t.throws(() => createCursorCodec(fixed([second])).decode({ q: 'a' }, text), { message: /not a cursor/ });
  t.throws(() => codec.decode({ q: 'b' }, text), { message: /another question/ });
  const bytes = Buffer.from(text, 'base64url');
  for (const place of bytes.keys()) {
    const changed = Buffer.from(bytes.map((byte, at) => (at === place ? byte ^ 1 : byte))).toString('base64url');
    t.throws(() => codec.decode({ q: 'a' }, changed), { message: /not a cursor/ });
  }
  for (const other of ['', 'abc', text.slice(0, 20)])
    t.throws(() => codec.decode({ q: 'a' }, other), { message: /not a cursor/ });
});
