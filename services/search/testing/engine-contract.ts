/** What every engine of this service must do: a test file calls it with what starts the service on its engine. */
import test, { type ExecutionContext } from 'ava';
import { finderContract } from './finder-contract.ts';
import { indexContract } from './index-contract.ts';
import { pairContract } from './pair-contract.ts';
import { recordsContract } from './records-contract.ts';
import type { SearchUnderTest } from './search-under-test.ts';

export type EngineUnderTest = Pick<SearchUnderTest, 'search' | 'product' | 'environment' | 'engine' | 'index' | 'find'>;

/** What is promised → how that is seen. */
export type Contract = Readonly<Record<string, (t: ExecutionContext, shop: EngineUnderTest) => Promise<void>>>;

/** Declares the tests; `start` begins a shop of its own for each. */
export function testEngine(start: (t: ExecutionContext) => Promise<EngineUnderTest>): void {
  const contract = { ...finderContract, ...indexContract, ...pairContract, ...recordsContract };
  for (const [title, check] of Object.entries(contract)) test.serial(title, async (t) => check(t, await start(t)));
}
