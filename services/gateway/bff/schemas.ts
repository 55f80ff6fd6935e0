/** What pages rely on in the answers of services, and what they tell of themselves. The rest passes as the service says it. */
import { z } from 'zod';
import { problemCodes } from '#contracts/problems.ts';

export const pageOf = <Item extends z.ZodType>(item: Item) => z.looseObject({ items: z.array(item) });

export const skuAvailability = z
  .looseObject({ sku: z.string(), availability: z.string() })
  .meta({ id: 'PageAvailability', description: 'A SKU as `GET /api/v1/availability` has it.' });

export const warnings = z
  .array(
    z
      .strictObject({
        part: z.string().meta({ description: 'Name of the member that is null.' }),
        code: z.enum(problemCodes).meta({ description: 'Problem code that says why.' }),
      })
      .meta({ id: 'PageWarning' }),
  )
  .meta({ description: 'Parts that could not be had; empty when the page is complete.' });
