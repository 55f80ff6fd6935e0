import test from 'ava';
import { Sightings } from './sightings.ts';

test('the first sighting counts, whoever asks when', async (t) => {
  const sightings = new Sightings();
  const before = sightings.first('a');
  sightings.see('a', 5);
  sightings.see('a', 7);
  t.is(await before, 5);
  t.is(await sightings.first('a'), 5);
});
