/** The category tree. */

export interface CategoryRow {
  readonly id: string;
  readonly parentId: string | null;
  readonly slug: string;
  readonly name: string;
  readonly position: number;
  readonly version: number;
}

export interface CategoryNode extends CategoryRow {
  readonly children: readonly CategoryNode[];
}

/**
 * Rows as a forest, siblings by position and then by name. A row whose parent is not among the rows is a root, so that a
 * part of the tree can be shown as well.
 */
export function toTree(rows: readonly CategoryRow[]): readonly CategoryNode[] {
  const known = new Set(rows.map((row) => row.id));
  const byParent = Map.groupBy(rows, (row) => (row.parentId !== null && known.has(row.parentId) ? row.parentId : null));
  const below = (parentId: string | null): readonly CategoryNode[] =>
    (byParent.get(parentId) ?? []).toSorted(compareSiblings).map((row) => ({ ...row, children: below(row.id) }));
  return below(null);
}

function compareSiblings(left: CategoryRow, right: CategoryRow): number {
  return left.position - right.position || (left.name < right.name ? -1 : 1);
}
