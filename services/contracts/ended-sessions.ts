/** How the gateway learns which sessions have ended: it asks the user service again and again. */
import { z } from 'zod';

/** Path of the operation; below `/internal`, which the gateway never passes on. */
export const endedSessionsPath = '/internal/ended-sessions';

/** One page of the answer. */
export const endedSessionsSchema = z
  .object({
    items: z.array(z.uuid()).meta({ description: 'Ids of sessions (`sid`), in the order in which they ended.' }),
    next: z.string().meta({
      description:
        'Goes into `after` of the next question. Sessions of the last seconds may come again, none is left out.',
    }),
    isComplete: z.boolean().meta({ description: 'Whether there is nothing more now.' }),
    keepSeconds: z
      .int()
      .min(1)
      .meta({ description: 'How long a session is to be remembered: its access tokens have expired then.' }),
  })
  .meta({ id: 'EndedSessions' });

export type EndedSessions = z.output<typeof endedSessionsSchema>;
