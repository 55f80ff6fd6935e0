/** What every engine's `IndexPair` must do; what is made of it is tested in `rebuild.stores.test.ts`. */
import type { Contract } from './engine-contract.ts';
import { aProductState, titles } from './search-under-test.ts';

export const pairContract: Contract = {
  'an index that was filled beside the live one takes its place, and gives it back': async (
    t,
    { engine, index, find },
  ) => {
    const { pair } = engine;
    const [kept, gone] = [aProductState({ title: 'Kept' }), aProductState({ title: 'Gone' })];
    await index(kept, gone);
    await engine.index.writeProducts([{ kind: 'remove', product: { ...gone, version: 2 } }]);
    const { live = '', shadow } = await pair.readPlaces();
    t.is(shadow, undefined);
    await t.throwsAsync(pair.fillShadow([{ kind: 'put', product: kept }]), undefined, 'there is none to be filled');

    const next = await pair.nextName();
    for (let time = 1; time <= 2; time += 1) await pair.openShadow(next);
    t.deepEqual(await pair.readPlaces(), { live, shadow: next });
    t.not(await pair.nextName(), next);
    await pair.copyTombstones(live);
    const changed = { ...kept, title: 'Changed', version: 2 };
    await index(changed);
    const read = [kept, gone, aProductState({ title: 'Missed' })];
    const isNews = await pair.fillShadow(read.map((product) => ({ kind: 'put', product })));
    t.deepEqual(
      isNews,
      [false, false, true],
      'what came meanwhile, or was removed before, is newer than what was read',
    );
    await pair.refresh(next);
    t.deepEqual([await pair.countProducts(live), await pair.countProducts(next)], [1, 2]);
    t.deepEqual(titles(await find('sort=title')), ['Changed'], 'nobody sees it yet');

    for (let time = 1; time <= 2; time += 1) await pair.exchange(next);
    t.deepEqual(await pair.readPlaces(), { live: next, shadow: live });
    t.deepEqual(titles(await find('sort=title')), ['Changed', 'Missed']);
    await index(aProductState({ title: 'Added' }));
    t.deepEqual(titles(await find('sort=title')), ['Added', 'Changed', 'Missed']);
    const roles = (await pair.inspect()).map(({ name, role, tombstones }) => [name, role, tombstones]);
    t.deepEqual(roles.toSorted(), [
      [live, 'shadow', 1],
      [next, 'live', 1],
    ]);

    await pair.exchange(live);
    await pair.refresh(live);
    t.deepEqual(titles(await find('sort=title')), ['Added', 'Changed'], 'the one before has had every change');
    await pair.dropShadow(live);
    t.deepEqual(await pair.readPlaces(), { live, shadow: next }, 'the live one is never dropped');
    await pair.dropShadow(next);
    t.deepEqual(await pair.readPlaces(), { live, shadow: undefined });
    await index(aProductState({ title: 'Later' }));
    t.is((await find('q=later')).total, 1);
  },
};
