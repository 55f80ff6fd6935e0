import test from 'ava';
import fc from 'fast-check';
import { isAllowedStep } from './version-step.ts';

test('versions go forward, one major at a time', (t) => {
  t.true(isAllowedStep('8.19.0', '8.19.0'));
  t.true(isAllowedStep('8.19.0', '8.19.10'));
  t.true(isAllowedStep('8.19.0', '9.2.0'));
  t.false(isAllowedStep('8.19.10', '8.19.9'));
  t.false(isAllowedStep('9.2.0', '8.19.0'));
  t.false(isAllowedStep('8.19.0', '10.0.0'));
});

const version = fc.tuple(fc.nat(12), fc.nat(30), fc.nat(30)).map((parts) => parts.join('.'));

test('of two different versions at most one may follow the other', (t) => {
  fc.assert(
    fc.property(version, version, (one, other) => {
      t.false(one !== other && isAllowedStep(one, other) && isAllowedStep(other, one));
    }),
  );
});
