import test from 'ava';
import { mergeOverrides } from './merge-overrides.ts';

const base = {
  containers: [{ name: 'main', image: 'a', env: [{ name: 'A', value: '1' }], args: ['serve'] }],
  securityContext: { runAsUser: 1, runAsNonRoot: true },
  volumes: [{ name: 'tmp', emptyDir: {} }],
};

test('maps merge deeply and null removes a field', (t) => {
  const merged = mergeOverrides(base, { securityContext: { runAsUser: null, fsGroup: 2 } });
  t.deepEqual(merged['securityContext'], { runAsNonRoot: true, fsGroup: 2 });
});

test('lists of named items merge by name and keep their order', (t) => {
  const merged = mergeOverrides(base, {
    containers: [
      { name: 'sidecar', image: 'b' },
      { name: 'main', env: [{ name: 'B', value: '2' }] },
    ],
  });
  t.deepEqual(merged['containers'], [
    {
      name: 'main',
      image: 'a',
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
      args: ['serve'],
    },
    { name: 'sidecar', image: 'b' },
  ]);
});

test('lists without names are replaced, and the base stays as it was', (t) => {
  const before = structuredClone(base);
  const merged = mergeOverrides(base, { containers: [{ name: 'main', args: ['other'] }] });
  t.like(merged, { containers: [{ name: 'main', args: ['other'] }] });
  t.deepEqual(base, before);
});
