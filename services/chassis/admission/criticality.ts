/**
 * How much is lost when a request is refused because the service has too much to do (the terms are those of Google's book on site
 * reliability, chapter 21): in that order requests wait for their turn, and in the reverse one they are refused.
 */
export const criticalities = ['critical', 'standard', 'sheddable'] as const;

/** `critical`: a purchase depends on it. `sheddable`: the caller does without, e.g. suggestions while somebody types. */
export type Criticality = (typeof criticalities)[number];
