import test from 'ava';
import { labPaths } from './lab-paths.ts';

const withStateHome = (value: string | undefined, work: () => void) => {
  const before = process.env['XDG_STATE_HOME'];
  try {
    if (value === undefined) {
      delete process.env['XDG_STATE_HOME'];
    } else {
      process.env['XDG_STATE_HOME'] = value;
    }
    work();
  } finally {
    if (before !== undefined) {
      process.env['XDG_STATE_HOME'] = before;
    }
  }
};

test.serial('a lab lives in the directory for states of programs', (t) => {
  withStateHome('/home/ann/state', () => {
    t.is(labPaths('shop').directory, '/home/ann/state/ecommerce-stack/lab/shop');
  });
});

test.serial('labs of one name in different state directories have nothing in common', (t) => {
  const groups = ['/home/ann/state', '/home/bob/state'].map((home) => {
    let group = '';
    withStateHome(home, () => {
      group = labPaths('shop').cgroup;
    });
    return group;
  });
  t.not(groups[0], groups[1]);
  t.regex(groups[0] ?? '', /^ecommerce-lab-shop-[0-9a-f]{8}$/);
});

test.serial('a directory that the lab cannot see is refused with what to change', (t) => {
  withStateHome('/run/user/0', () => {
    t.throws(() => labPaths('shop'), { message: /\/run\/user\/0.*XDG_STATE_HOME/ });
  });
});

test('a name that cannot be part of a path or a group is refused with the rule', (t) => {
  for (const name of ['', 'Shop', '../etc', 'a b', '-a', 'a-', '1a', 'a'.repeat(31)]) {
    t.throws(() => labPaths(name), { message: /lab name.*lower-case letters/ }, name);
  }
  t.notThrows(() => labPaths('a'));
  t.notThrows(() => labPaths('a'.repeat(30)));
});
