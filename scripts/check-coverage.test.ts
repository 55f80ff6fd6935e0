import test from 'ava';
import { coverageOf, type FileCoverage } from './check-coverage.ts';

const aFile = (covered: number, total: number): FileCoverage => ({
  lines: { covered, total },
  branches: { covered: total, total },
});

test('a folder is judged by all its lines together', (t) => {
  const files = {
    'operator/engine/a.ts': aFile(90, 100),
    'operator/engine/b/c.ts': aFile(0, 20),
    'operator/b.ts': aFile(0, 9),
  };
  t.deepEqual(coverageOf(files, { 'operator/engine': { lines: 75, branches: 90 } }), [
    { folder: 'operator/engine', measure: 'lines', percent: 75, floor: 75 },
    { folder: 'operator/engine', measure: 'branches', percent: 100, floor: 90 },
  ]);
});

test('a star stands for one folder', (t) => {
  const files = {
    'services/a/domain/x.ts': aFile(1, 2),
    'services/b/domain/y.ts': aFile(1, 2),
    'services/a/z.ts': aFile(0, 9),
  };
  t.is(coverageOf(files, { 'services/*/domain': { lines: 50, branches: 50 } })[0]?.percent, 50);
});

test('a folder without files is below every floor: its name is wrong', (t) => {
  t.is(coverageOf({}, { 'operator/engin': { lines: 95, branches: 90 } })[0]?.percent, 0);
});
