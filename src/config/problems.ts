import type { z } from 'zod';

export type Path = readonly PropertyKey[];
export type Problem = { readonly path: Path; readonly text: string };

/** Keys whose values are never shown, whatever is wrong with them; what stands below them neither. */
const HIDDEN = [
  ['postgres'],
  ['algolia', 'apiKey'],
  ['algolia', 'searchKey'],
  ['algolia', 'appId'],
  ['algolia', 'hosts'],
  ['pseudonyms'],
];
const SHOWN_LENGTH_MAX = 64;

/** The issues of one parse as problems, in their order. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], input: unknown, hints: KeyHint): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, [], input, hints));
}

/** What an unknown key under a path was probably meant to be. */
export type KeyHint = (path: Path, key: string) => string | undefined;

function problemsOfIssue(issue: z.core.$ZodIssue, above: Path, input: unknown, hint: KeyHint): Problem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = hint(path, key);
      return {
        path: [...path, key],
        text: `unknown key${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
      };
    });
  }
  if (issue.code === 'invalid_union') {
    // The member that the value was meant for is the one whose type it has: its problems lie deeper, or in a rule.
    const meant = issue.errors.find((errors) =>
      errors.every((error) => error.path.length > 0 || error.code !== 'invalid_type'),
    );
    if (meant !== undefined) return meant.flatMap((error) => problemsOfIssue(error, path, input, hint));
  }
  const value = valueAt(input, path);
  if (value === undefined) return [{ path, text: `missing: expected ${issue.message}` }];
  return [{ path, text: `expected ${issue.message}${got(value, path)}` }];
}

/** `tables["public.audit_log"].objectID[0]` */
export function pathText(path: Path): string {
  return path
    .map((part, position) => {
      if (typeof part === 'number') return `[${part}]`;
      const key = String(part);
      if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `[${JSON.stringify(key)}]`;
      return position === 0 ? key : `.${key}`;
    })
    .join('');
}

export function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

function got(value: unknown, path: Path): string {
  if (isHidden(path)) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return `, got ${value}`;
  if (typeof value === 'string') {
    return path.length > 1 && value.length <= SHOWN_LENGTH_MAX
      ? `, got ${JSON.stringify(value)}`
      : ', got a text';
  }
  if (Array.isArray(value)) return ', got a list';
  return value === null
    ? ', got null'
    : `, got ${typeof value === 'object' ? 'an object' : `a ${typeof value}`}`;
}

/** An object that holds a hidden key could have been written as one text that holds the secret: that is hidden as well. */
function isHidden(path: Path): boolean {
  return HIDDEN.some((hidden) =>
    hidden.every((part, position) => position >= path.length || path[position] === part),
  );
}
