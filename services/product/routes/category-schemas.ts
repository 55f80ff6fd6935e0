/** The wire format of categories. */
import { z } from 'zod';
import { cursorParameter, integerParameter, limitParameter } from '#chassis/http/parameters.ts';
import { line } from '#chassis/http/texts.ts';
import { maximumLevels } from '../domain/category.ts';
import { slug } from './fields.ts';
import { countParameter, keyText, pageMembers } from './page-schemas.ts';

const categoryFields = {
  slug,
  name: line(120),
  parentId: z.uuid().nullable().meta({ description: 'Null: at the top.' }),
  position: z.int().min(-1_000_000).max(1_000_000).meta({ description: 'Order among siblings.' }),
};

export const newCategorySchema = z
  .strictObject({
    ...categoryFields,
    parentId: categoryFields.parentId.default(null),
    position: categoryFields.position.default(0),
  })
  .meta({ id: 'NewCategory' });

export const categoryPatchSchema = z
  .strictObject(categoryFields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field')
  .meta({ id: 'CategoryPatch' });

const categoryMembers = {
  id: z.uuid(),
  parentId: z.uuid().nullable(),
  slug: z.string(),
  name: z.string(),
  position: z.int(),
  version: z.int().min(1),
};

export const categorySchema = z.strictObject(categoryMembers).meta({ id: 'Category' });

export const categoryPageSchema = z
  .strictObject({ items: z.array(categorySchema), ...pageMembers })
  .meta({ id: 'CategoryPage' });

export const listCategoriesQuery = z.strictObject({
  limit: limitParameter,
  cursor: cursorParameter.optional(),
  parent: keyText.optional().meta({ description: 'Id or slug: only the children of this category.' }),
  level: integerParameter(1, maximumLevels)
    .optional()
    .meta({ description: 'Only this level of the tree; 1: the top.' }),
  count: countParameter,
});
