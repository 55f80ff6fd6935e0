import { randomUUID } from 'node:crypto';
import { applyChanges } from '#chassis/search/documents.ts';
import { newWord, titleOf } from './changing-product.ts';
import type { FreshnessRig } from './rig.ts';

type Index = Pick<FreshnessRig, 'index' | 'names'>;

/** A document like that of a product, which the bench writes itself: only the refresh lies between it and a search. */
export class AnchorDocument {
  readonly #id = randomUUID();
  readonly #rig: Index;
  readonly #like: object;
  #version = 0;

  private constructor(rig: Index, like: object) {
    this.#rig = rig;
    this.#like = like;
  }

  /** Its fields are those of the product with this id, which is in the index. */
  static async like(rig: Index, id: string): Promise<AnchorDocument> {
    const path = `/${encodeURIComponent(rig.names.write)}/_doc/${id}`;
    const { _source } = await rig.index.send<{ readonly _source: object }>({
      operation: 'get',
      method: 'GET',
      path,
      isSafe: true,
    });
    return new AnchorDocument(rig, _source);
  }

  /** Writes it anew, with a title of its own. */
  async write(): Promise<{ readonly title: string; readonly writtenAt: number }> {
    const title = titleOf(newWord());
    this.#version += 1;
    const document = { ...this.#like, id: this.#id, title, titleKey: title.toLowerCase() };
    const change = { kind: 'put', id: this.#id, version: this.#version, document } as const;
    const { stored } = await applyChanges(this.#rig.index, this.#rig.names.write, [change]);
    if (stored !== 1) throw new Error(`the document ${this.#id} was not stored`);
    return { title, writtenAt: performance.now() };
  }
}
