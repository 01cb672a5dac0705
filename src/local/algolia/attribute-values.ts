export type Scalar = string | number | boolean;

/**
 * The scalars that a record holds under an attribute path such as `metadata.tags`: arrays are walked through, objects at the end of the
 * path and nulls count as nothing.
 */
export function valuesAt(record: unknown, path: readonly string[]): Scalar[] {
  const values: Scalar[] = [];
  collect(record, path, 0, values);
  return values;
}

/** Every scalar below an attribute path, however deep. */
export function valuesBelow(record: unknown, path: readonly string[]): Scalar[] {
  const values: Scalar[] = [];
  collect(record, path, 0, values, true);
  return values;
}

function collect(
  value: unknown,
  path: readonly string[],
  depth: number,
  values: Scalar[],
  deep = false,
): void {
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) {
    for (const element of value) collect(element, path, depth, values, deep);
    return;
  }
  if (typeof value === 'object') {
    const key = path[depth];
    if (key !== undefined) collect((value as Record<string, unknown>)[key], path, depth + 1, values, deep);
    else if (deep) for (const inner of Object.values(value)) collect(inner, path, depth, values, true);
    return;
  }
  if (depth === path.length && typeof value !== 'function') values.push(value as Scalar);
}
