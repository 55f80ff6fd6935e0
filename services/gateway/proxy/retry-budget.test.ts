import test from 'ava';
import { createRetryBudget, retryReserve } from './retry-budget.ts';

test('beside its reserve no more than a tenth of the requests are sent again', (t) => {
  const budget = createRetryBudget();
  let retries = 0;
  for (let request = 0; request < 1000; request += 1) {
    budget.deposit();
    if (budget.take()) retries += 1;
  }
  t.is(retries, 100 + retryReserve - 1);
});

test('what is not used is not saved beyond the reserve', (t) => {
  const budget = createRetryBudget(0.1, 3);
  for (let request = 0; request < 1000; request += 1) budget.deposit();
  t.deepEqual(
    Array.from({ length: 4 }, () => budget.take()),
    [true, true, true, false],
  );
});
