import test from 'ava';
import { commandHelp, helpText, parseCommandLine } from './command-line.ts';

test('a command is for the lab "shop" unless another name is given', (t) => {
  t.like(parseCommandLine(['up']), { command: 'up', name: 'shop', clusterOnly: false });
  t.like(parseCommandLine(['down', '--name', 'other']), { command: 'down', name: 'other' });
});

test('words after a double dash belong to the program, options and all', (t) => {
  t.like(parseCommandLine(['exec', '--name', 'a', '--', 'curl', '-s', '--name', 'b']), {
    name: 'a',
    words: ['curl', '-s', '--name', 'b'],
  });
});

test('no command and --help ask for help, which names every command', (t) => {
  t.is(parseCommandLine([]), undefined);
  t.is(parseCommandLine(['up', '--help']), undefined);
  for (const name of Object.keys(commandHelp)) {
    t.true(helpText().includes(`  ${name} `));
  }
});

test('an unknown command and an unknown option are refused by name', (t) => {
  t.throws(() => parseCommandLine(['upp']), { message: /"upp".*up, down/ });
  t.throws(() => parseCommandLine(['up', '--nmae=x']), { message: /--nmae/ });
});

test('exec without a program is refused with an example', (t) => {
  t.throws(() => parseCommandLine(['exec']), { message: /exec -- curl/ });
});
