/** Parts of lists, and the parameters that name one thing. */
import { z } from 'zod';

export const pageMembers = {
  nextCursor: z
    .string()
    .nullable()
    .meta({ description: 'Send it as `cursor` for the next page; null: this is the last.' }),
  totalCount: z.int().optional().meta({ description: 'Only with `count=exact`.' }),
};

export const countParameter = z
  .enum(['none', 'exact'])
  .default('none')
  .meta({ description: '`exact` adds `totalCount`, at the price of a scan.' });

export const keyText = z.string().min(1).max(96);

export const idOrSlugParams = z.strictObject({ id: keyText.meta({ description: 'Id or slug.' }) });
export const idParams = z.strictObject({ id: z.uuid() });
export const variantParams = z.strictObject({ id: z.uuid(), variantId: z.uuid() });
