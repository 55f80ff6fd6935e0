import test from 'ava';
import fc from 'fast-check';
import { derObjectId, derTime, derUnsigned, encodeDer } from './der.ts';

test('lengths up to 127 take one byte and longer ones tell their own length first', (t) => {
  t.is(encodeDer(0x04, Buffer.alloc(127)).subarray(0, 2).toString('hex'), '047f');
  t.is(encodeDer(0x04, Buffer.alloc(128)).subarray(0, 3).toString('hex'), '048180');
  t.is(encodeDer(0x04, Buffer.alloc(256)).subarray(0, 4).toString('hex'), '04820100');
});

test('an unsigned number is encoded in its shortest positive form', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
      const [, , ...content] = derUnsigned(bytes);
      const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
      const decoded = BigInt(`0x${Buffer.from(content).toString('hex')}`);
      const [first = 0, second = 0] = content;
      return decoded === value && first < 0x80 && (content.length === 1 || first !== 0 || second >= 0x80);
    }),
  );
  t.pass();
});

test('an object identifier packs its first two numbers and splits large ones', (t) => {
  t.is(derObjectId('1.2.840.10045.4.3.2').toString('hex'), '06082a8648ce3d040302');
});

test('dates from 2050 use four digits for the year', (t) => {
  t.is(derTime(new Date('2049-12-31T23:59:59Z')).subarray(2).toString(), '491231235959Z');
  t.is(derTime(new Date('2050-01-01T00:00:00Z')).subarray(2).toString(), '20500101000000Z');
});
