/** Bytes `[start, end)` of one value inside JSON text. */
export type Span = { readonly start: number; readonly end: number };
export type Member = Span & { readonly key: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

/*
 * Where values stand in JSON text, without turning them into values: numbers beyond 2^53, escapes and spaces survive
 * byte for byte. Everything here expects text that JSON.parse has accepted; it never checks.
 */

/** The members of the object that begins at `at`, in the order of the text; a key that occurs twice comes twice. */
export function membersOf(json: Buffer, at = 0): Member[] {
  const members: Member[] = [];
  visitMembers(json, at, (key, start) => {
    const end = endOfValue(json, start);
    members.push({ key, start, end });
    return end;
  });
  return members;
}

/** The elements of the array that begins at `at`. */
export function elementsOf(json: Buffer, at = 0): Span[] {
  const elements: Span[] = [];
  visitElements(json, at, (start) => {
    const end = endOfValue(json, start);
    elements.push({ start, end });
    return end;
  });
  return elements;
}

/** Calls for each member where its value begins, is told the byte after it, and returns the byte after the object. */
export function visitMembers(
  json: Buffer,
  at: number,
  visit: (key: string, start: number) => number,
): number {
  let position = skipSpace(json, skipSpace(json, at) + 1);
  while (json[position] !== CLOSE_BRACE) {
    const keyEnd = endOfString(json, position);
    const key = textOfString(json, position, keyEnd);
    position = afterComma(json, visit(key, skipSpace(json, skipSpace(json, keyEnd) + 1)));
  }
  return position + 1;
}

/** The same for the elements of an array. */
export function visitElements(json: Buffer, at: number, visit: (start: number) => number): number {
  let position = skipSpace(json, skipSpace(json, at) + 1);
  while (json[position] !== CLOSE_BRACKET) position = afterComma(json, visit(position));
  return position + 1;
}

/** The last member of that name, as JSON.parse would take it. */
export function memberNamed(members: readonly Member[], key: string): Member | undefined {
  return members.findLast((member) => member.key === key);
}

/** The byte after the value that begins at `at`. */
export function endOfValue(json: Buffer, at: number): number {
  const first = json[at];
  if (first === QUOTE) return endOfString(json, at);
  if (first === 0x7b || first === 0x5b) return endOfContainer(json, at);
  let position = at;
  while (position < json.length && !endsScalar(json[position])) position += 1;
  return position;
}

/** The byte after the string whose opening quote stands at `at`. */
export function endOfString(json: Buffer, at: number): number {
  let position = at + 1;
  for (;;) {
    const byte = json[position];
    if (byte === QUOTE) return position + 1;
    position += byte === BACKSLASH ? 2 : 1;
    if (position > json.length) throw new RangeError(`a string of the JSON text has no end (byte ${at})`);
  }
}

function endOfContainer(json: Buffer, at: number): number {
  let depth = 0;
  let position = at;
  do {
    const byte = json[position];
    if (byte === QUOTE) {
      position = endOfString(json, position);
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    position += 1;
  } while (depth > 0 && position < json.length);
  return position;
}

function textOfString(json: Buffer, start: number, end: number): string {
  const text = json.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

function afterComma(json: Buffer, at: number): number {
  const position = skipSpace(json, at);
  return json[position] === COMMA ? skipSpace(json, position + 1) : position;
}

function skipSpace(json: Buffer, at: number): number {
  let position = at;
  while (isSpace(json[position])) position += 1;
  return position;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function endsScalar(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte);
}
