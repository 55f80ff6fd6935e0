/** What every engine's `Records` must do. */
import type { Contract } from './engine-contract.ts';

export const recordsContract: Contract = {
  'a record is changed on top of what was read only: of two writers at once one is told so': async (t, { engine }) => {
    const { records } = engine;
    t.is(await records.read('weather'), undefined);
    const first = await records.write('weather', undefined, { sky: 'blue' });
    t.is(await records.write('weather', undefined, { sky: 'red' }), undefined, 'it is there already');
    t.deepEqual(await records.read('weather'), first, 'at once');
    const writes = ['grey', 'green'].map((sky) => records.write('weather', first?.place, { sky }));
    const won = (await Promise.all(writes)).filter((written) => written !== undefined);
    t.is(won.length, 1);
    t.deepEqual(await records.read('weather'), won[0]);
    t.true((won[0]?.version ?? 0) > (first?.version ?? 0));
    t.is(await records.read('elsewhere'), undefined);
  },
};
