import type { Pipeline, Step } from './state.ts';

/** Lets a request run, wait for its turn, or be refused, by how critical its route is. */
export function admit<Deps>({ admission }: Pipeline<Deps>): Step<Deps> {
  return async (ctx, next) => {
    const turn = admission.enter(ctx.state.match.route.declaration.criticality ?? 'standard');
    if (turn !== undefined) await turn;
    try {
      await next();
    } finally {
      admission.leave();
    }
  };
}
