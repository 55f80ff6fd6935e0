/** The category tree. */

export interface CategoryRow {
  readonly id: string;
  readonly parentId: string | null;
  readonly slug: string;
  readonly name: string;
  readonly position: number;
  readonly version: number;
}

/** What a list of categories shows. */
export interface CategoryFilter {
  /** Id or slug: the children of this one. */
  readonly parent?: string | undefined;
  /** 1: at the top. */
  readonly level?: number | undefined;
}

/** The tree is this deep at most; `categories__depth` says the same. */
export const maximumLevels = 10;
