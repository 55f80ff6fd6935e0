import test from 'ava';
import type { ClusterKind } from '../provider.ts';
import { chooseCluster, type Machine } from './choose.ts';

const aMachine = (changes: Partial<Machine> = {}): Machine => ({
  requested: undefined,
  hasDocker: false,
  hasKind: false,
  hasGo: false,
  isLinux: true,
  isRoot: true,
  ...changes,
});

const chosen = test.macro({
  exec: (t, changes: Partial<Machine>, kind: ClusterKind) => t.is(chooseCluster(aMachine(changes)).kind, kind),
  title: (_given, changes, kind) => `${kind} is chosen with ${JSON.stringify(changes)}`,
});

test(chosen, {}, 'lab');
test(chosen, { hasDocker: true, hasKind: true }, 'kind');
test(chosen, { hasDocker: true }, 'lab');
test(chosen, { hasDocker: true, isRoot: false, hasGo: true }, 'kind');
test(chosen, { hasDocker: true, isLinux: false, hasKind: true }, 'kind');
test(chosen, { requested: 'lab', hasDocker: true, hasKind: true }, 'lab');
test(chosen, { requested: 'current' }, 'current');
test(chosen, { requested: 'kind', hasDocker: true, hasGo: true }, 'kind');
test(chosen, { requested: '' }, 'lab');

const refused = test.macro({
  exec: (t, changes: Partial<Machine>, message: RegExp) =>
    void t.throws(() => chooseCluster(aMachine(changes)), { message }),
  title: (_given, changes) => `${JSON.stringify(changes)} is refused with what to do`,
});

test(refused, { requested: 'minikube' }, /CLUSTER=minikube: choose one of lab, kind, current/);
test(refused, { requested: 'lab', isRoot: false }, /needs root: sudo make up/);
test(refused, { requested: 'lab', isLinux: false }, /needs Linux/);
test(refused, { requested: 'kind' }, /running Docker engine/);
test(refused, { requested: 'kind', hasDocker: true }, /program kind.*or Go/);
test(refused, { isRoot: false }, /sudo make up.*CLUSTER=current/);

test('the current context is never chosen unasked', (t) => {
  const machines = [true, false].flatMap((isRoot) =>
    [true, false].flatMap((hasDocker) => [true, false].map((hasKind) => aMachine({ isRoot, hasDocker, hasKind }))),
  );
  for (const machine of machines) {
    let kind: string | undefined;
    try {
      ({ kind } = chooseCluster(machine));
    } catch {
      kind = undefined;
    }
    t.not(kind, 'current');
  }
});
