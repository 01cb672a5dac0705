import { z } from 'zod';

/** Messages complete the sentence "expected ..."; where, and what stood there instead, is added from the issue's path. */
export function text(expected: string) {
  return z.string({ error: expected }).min(1, { error: expected, abort: true });
}

export function integer(min: number, max: number, unit: string) {
  const error = `a whole number${unit === '' ? '' : ` of ${unit}`} from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function choice<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: alternatives(values) });
}

function alternatives(values: readonly string[]): string {
  const quoted = values.map((value) => JSON.stringify(value));
  return [quoted.slice(0, -1).join(', '), ...quoted.slice(-1)].filter(Boolean).join(' or ');
}

/** A rule that says itself what was expected. */
export function rule(problem: (value: string) => string | undefined) {
  return (value: string, context: z.core.$RefinementCtx<string>): void => {
    const message = problem(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}

export function distinct(values: readonly string[], context: z.core.$RefinementCtx<readonly string[]>): void {
  for (const [position, value] of values.entries()) {
    if (values.indexOf(value) === position) continue;
    context.addIssue({ code: 'custom', path: [position], message: 'each name once' });
  }
}

export const object = { error: 'an object' };
export const list = { error: 'a list' };
export const columnText = 'the name of a column';
