import { randomBytes } from 'node:crypto';
import { toETag } from '#chassis/http/replies.ts';
import { ok } from '../rig/shop/answers.ts';
import { addArticle } from '../rig/shop/articles.ts';
import type { ServiceProgram } from '../rig/shop/service-program.ts';

/** One change, with the clock of the bench. */
export interface Change {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly begunAt: number;
  /** When the answer was there: the commit came before it. */
  readonly committedAt: number;
}

/** A product that is changed again and again, each time to a title with a new word. */
export class ChangingProduct {
  readonly id: string;
  readonly #service: ServiceProgram;
  #word = '';
  #version = 1;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(id: string, service: ServiceProgram) {
    this.id = id;
    this.#service = service;
  }

  /** Adds one; `group` is an attribute to find all of a group by. */
  static async add(service: ServiceProgram, group: string): Promise<ChangingProduct> {
    const { id } = await addArticle(service, { attributes: { group } });
    return new ChangingProduct(id, service);
  }

  /** Of the last change. */
  get word(): string {
    return this.#word;
  }

  /** Changes it, after the changes before have been answered. */
  change(): Promise<Change> {
    const change = this.#turn.then(() => this.#patch());
    this.#turn = change.catch(() => undefined);
    return change;
  }

  async #patch(): Promise<Change> {
    const word = newWord();
    const title = titleOf(word);
    const begunAt = performance.now();
    const answer = await ok(
      this.#service.call('PATCH', `/api/v1/products/${this.id}`, {
        roles: ['catalog-manager'],
        body: { title },
        headers: { 'content-type': 'application/merge-patch+json', 'if-match': toETag(this.#version) },
      }),
    );
    const committedAt = performance.now();
    this.#version = answer.json.version;
    this.#word = word;
    return { id: this.id, version: this.#version, title, begunAt, committedAt };
  }
}

/** By chance: none is within two letters of another one, which a search would take for a mistyped word. */
export function newWord(): string {
  return randomBytes(8).toString('hex');
}

/** A title that only one state of one product has. */
export function titleOf(word: string): string {
  return `Article ${word}`;
}
