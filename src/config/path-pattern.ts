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
