import type { Step } from './operations.ts';

type Steps = readonly Step[];

/**
 * A batch in two parts: what is `ready` is written before the `rest` is. Its positions go with the rest: a refresh may have been left out because
 * its record is written again further on, and until then nothing behind it may be confirmed.
 */
export function partsOf({ ready, rest }: { readonly ready: Steps; readonly rest: Steps }): {
  readonly part: Steps;
  readonly rest: Steps;
} {
  if (rest.length === 0) return { part: ready, rest };
  const last = ready.findLast(({ kind }) => kind === 'position');
  const part = ready.filter(({ kind }) => kind !== 'position');
  return { part, rest: last === undefined ? rest : [last, ...rest] };
}

/** The same, where the rest begins with the first refresh. */
export function partsBeforeRefresh(steps: Steps): ReturnType<typeof partsOf> {
  const at = steps.findIndex(({ kind }) => kind === 'refresh');
  return partsOf(
    at === -1 ? { ready: steps, rest: [] } : { ready: steps.slice(0, at), rest: steps.slice(at) },
  );
}
