import { z } from 'zod';

/** One step down in a document: a key, any one step, or any number of them, also none. */
export type PatternStep = { readonly key: string } | '*' | '**';

const STEPS_MAX = 32;
/** A key between quotes as JSON has it, or one that needs none; behind it, the brackets by which records name elements of lists. */
const STEP = /(?:("(?:[^"\\]|\\.)*")|(\*\*?)|([^.*"[\]]+))(?:\[\])*(\.|$)/y;

/** Throws a SyntaxError that completes "expected ...". */
export function parsePathPattern(pattern: string): readonly PatternStep[] {
  const steps: PatternStep[] = [];
  STEP.lastIndex = 0;
  for (let isLast = false; !isLast; ) {
    const match = STEP.exec(pattern);
    if (match === null)
      throw new SyntaxError('keys, * and ** with dots between them, such as "user.*.token"');
    const [, quoted, any, key = ''] = match;
    steps.push(
      quoted !== undefined ? { key: unquoted(quoted) } : any === '*' || any === '**' ? any : { key },
    );
    isLast = match[4] === '';
  }
  if (steps.length > STEPS_MAX) throw new SyntaxError(`at most ${STEPS_MAX} steps`);
  return steps;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    throw new SyntaxError('quoted keys as JSON has them');
  }
}

/** Whether a pattern means all that another one does, or what is above it: the same steps first, or a key of it at any depth. */
export function covers(pattern: readonly PatternStep[], other: readonly PatternStep[]): boolean {
  const [first, second] = pattern;
  if (first === '**' && pattern.length === 2 && typeof second === 'object')
    return other.some((step) => typeof step === 'object' && step.key === second.key);
  return pattern.length <= other.length && pattern.every((step, at) => isSameStep(step, other[at]));
}

function isSameStep(one: PatternStep, other: PatternStep | undefined): boolean {
  if (typeof one === 'string' || typeof other !== 'object') return one === other;
  return one.key === other.key;
}

/** Whether what stands at these keys and positions may be, hold, or be part of what a pattern means. */
export function meets(keys: readonly string[], pattern: readonly PatternStep[]): boolean {
  const [key, ...keysLeft] = keys;
  const [step, ...stepsLeft] = pattern;
  if (key === undefined || step === undefined) return true;
  if (step === '**') return meets(keys, stepsLeft) || meets(keysLeft, pattern);
  const isElement = isPosition(key);
  const isTaken = step === '*' || step.key === key || (isElement && isPosition(step.key));
  return (isTaken && meets(keysLeft, stepsLeft)) || (isElement && meets(keysLeft, pattern));
}

function isPosition(key: string): boolean {
  return /^\d+$/.test(key);
}

/** Comes out parsed. */
export const pathPattern = z
  .string({ error: 'a path such as "user.*.token" or "**.password"' })
  .transform((value, context) => {
    try {
      return parsePathPattern(value);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
