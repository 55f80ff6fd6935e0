/** The tree of categories, as far as searching needs it. */

export interface Category {
  readonly id: string;
  readonly parentId: string | null;
  readonly slug: string;
  readonly name: string;
}

export interface CategoryTree {
  /** Ids of the category with this id or slug and of all below it; none when there is no such category. */
  within(idOrSlug: string): readonly string[];
  /** Products per category as counts that include those below, the most first. Unknown categories are left out. */
  rollUp(counts: ReadonlyMap<string, number>): readonly (Category & { readonly count: number })[];
}

export function buildCategoryTree(categories: readonly Category[]): CategoryTree {
  const byId = new Map(categories.map((category) => [category.id, category]));
  const bySlug = new Map(categories.map((category) => [category.slug, category]));
  const children = Map.groupBy(categories, ({ parentId }) => parentId);
  const below = (id: string, seen: ReadonlySet<string> = new Set()): readonly string[] => {
    // A tree that changes while it is read may have a loop.
    if (seen.has(id)) return [];
    const path = new Set([...seen, id]);
    return [id, ...(children.get(id) ?? []).flatMap((child) => below(child.id, path))];
  };
  return {
    within: (idOrSlug) => {
      const category = byId.get(idOrSlug.toLowerCase()) ?? bySlug.get(idOrSlug);
      return category === undefined ? [] : below(category.id);
    },
    rollUp: (counts) => {
      const sums = new Map<string, number>();
      for (const [id, count] of counts)
        for (const ancestor of ancestorsOf(id, byId)) sums.set(ancestor.id, (sums.get(ancestor.id) ?? 0) + count);
      return [...sums]
        .flatMap(([id, count]) => {
          const category = byId.get(id);
          return category === undefined ? [] : [{ ...category, count }];
        })
        .toSorted((a, b) => b.count - a.count || (a.slug < b.slug ? -1 : 1));
    },
  };
}

/** The category itself first. */
function ancestorsOf(id: string, byId: ReadonlyMap<string, Category>): readonly Category[] {
  const path = new Set<Category>();
  for (let current = byId.get(id); current !== undefined && !path.has(current); ) {
    path.add(current);
    current = current.parentId === null ? undefined : byId.get(current.parentId);
  }
  return [...path];
}
