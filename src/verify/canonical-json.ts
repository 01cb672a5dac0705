import { plainDecimal } from './plain-decimal.ts';

type Open = {
  readonly close: '}' | ']';
  /** Of an object, in order; of a list none. */
  readonly names?: readonly string[];
  readonly values: Readonly<Record<string | number, unknown>>;
  readonly count: number;
  next: number;
};

/**
 * One text for values of JSON that are the same, whoever wrote them: what `JSON.parse` gave becomes members in the order of the UTF-8 bytes
 * of their names, no blanks, strings as `JSON.stringify` escapes them, and numbers as `plainDecimal` writes them. docs/evidence.md defines
 * every byte. Does not recurse, however deep the value is. Throws a TypeError, without a word of the value, for what is no JSON.
 */
export function canonicalJson(value: unknown): string {
  const stack: Open[] = [];
  let text = '';
  const write = (each: unknown): void => {
    if (typeof each === 'string') text += JSON.stringify(each);
    else if (typeof each === 'number') text += plainDecimal(each);
    else if (each === null || typeof each === 'boolean') text += String(each);
    else if (typeof each === 'object') {
      const open = opened(each);
      text += open.names === undefined ? '[' : '{';
      stack.push(open);
    } else throw new TypeError(`no value of JSON: ${typeof each}`);
  };
  write(value);
  for (let open = stack.at(-1); open !== undefined; open = stack.at(-1)) {
    const at = open.next++;
    if (at === open.count) {
      text += open.close;
      stack.pop();
      continue;
    }
    if (at > 0) text += ',';
    const name = open.names?.[at];
    if (name !== undefined) text += `${JSON.stringify(name)}:`;
    write(open.values[name ?? at]);
  }
  return text;
}

function opened(value: object): Open {
  const values = value as Open['values'];
  if (Array.isArray(value)) return { close: ']', values, count: value.length, next: 0 };
  const names = Object.keys(value).sort(byCodePoints);
  return { close: '}', names, values, count: names.length, next: 0 };
}

/** The order of the UTF-8 bytes. Strings are compared by units of UTF-16, in which what lies above U+FFFF begins with one below U+E000. */
function byCodePoints(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const [unit, counterpart] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (unit !== counterpart) return rank(unit) - rank(counterpart);
  }
  return one.length - other.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
