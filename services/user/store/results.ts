/** What a change of a row gives. */
import type { Refusal } from '#contracts/problems.ts';

export type Change<T> =
  | { readonly state: 'changed'; readonly value: T }
  | { readonly state: 'refused'; readonly refusal: Refusal };

/** A row to change and the version that it must still have. */
export interface Target {
  readonly id: string;
  readonly version: number | 'any';
}

export function changed<T>(value: T): Change<T> {
  return { state: 'changed', value };
}

export function refuse(refusal: Refusal): Change<never> {
  return { state: 'refused', refusal };
}

/** The version as a parameter: null compares with nothing. */
export function versionOf({ version }: Target): number | null {
  return version === 'any' ? null : version;
}

/** Why a change found no row; `present` is the version that is there, if any. */
export function missing(what: string, target: Target, present: number | undefined): Change<never> {
  return present === undefined
    ? refuse({ code: 'not-found', detail: `there is no ${what} ${target.id}` })
    : refuse({ code: 'precondition-failed', detail: `the ${what} has version ${present}, not ${target.version}` });
}
