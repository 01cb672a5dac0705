const QUOTE = '"';

/**
 * The members of a JSON object by name, each the text of its value, whose numbers keep all their digits; of a name that stands twice the last
 * one. Throws a SyntaxError for what is no object of JSON; of the values themselves no more is looked at than where they end.
 */
export function jsonMembers(text: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  let at = space(text, expect(text, space(text, 0), '{'));
  if (text[at] === '}') return members;
  for (;;) {
    const key = at;
    at = pastString(text, key);
    const name = String(JSON.parse(text.slice(key, at)));
    const start = space(text, expect(text, space(text, at), ':'));
    at = pastValue(text, start);
    members.set(name, text.slice(start, at));
    at = space(text, at);
    if (text[at] === '}') return members;
    at = space(text, expect(text, at, ','));
  }
}

/** The texts of the elements of a JSON array. Throws like `jsonMembers`. */
export function jsonElements(text: string): readonly string[] {
  const elements: string[] = [];
  let at = space(text, expect(text, space(text, 0), '['));
  if (text[at] === ']') return elements;
  for (;;) {
    const end = pastValue(text, at);
    elements.push(text.slice(at, end));
    at = space(text, end);
    if (text[at] === ']') return elements;
    at = space(text, expect(text, at, ','));
  }
}

function space(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}

function expect(text: string, at: number, character: string): number {
  if (text[at] !== character) throw malformed(at);
  return at + 1;
}

function pastString(text: string, start: number): number {
  expect(text, start, QUOTE);
  for (let at = text.indexOf(QUOTE, start + 1); at !== -1; at = text.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  throw malformed(text.length);
}

function pastValue(text: string, start: number): number {
  const first = text[start];
  if (first === QUOTE) return pastString(text, start);
  if (first === '{' || first === '[') return pastNested(text, start);
  const scalar = /[^\s,\]}]+/y;
  scalar.lastIndex = start;
  if (!scalar.test(text)) throw malformed(start);
  return scalar.lastIndex;
}

function pastNested(text: string, start: number): number {
  const next = /["{}[\]]/g;
  next.lastIndex = start;
  let depth = 0;
  for (let match = next.exec(text); match !== null; match = next.exec(text)) {
    if (match[0] === QUOTE) next.lastIndex = pastString(text, match.index);
    else {
      depth += match[0] === '{' || match[0] === '[' ? 1 : -1;
      if (depth === 0) return next.lastIndex;
    }
  }
  throw malformed(text.length);
}

function malformed(at: number): SyntaxError {
  return new SyntaxError(`no valid JSON at character ${at}`);
}
