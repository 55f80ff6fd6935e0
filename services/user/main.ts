import process from 'node:process';
import v8 from 'node:v8';
import { runService } from '#chassis/run-service.ts';
import { userService } from './service.ts';

// Hashing takes all processors but one, which requests have to themselves then: V8's marking thread is not to take turns with them.
v8.setFlagsFromString('--no-concurrent-marking');

await runService(userService, process);
