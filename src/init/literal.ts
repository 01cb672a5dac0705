import type { Shape } from './shaped-attribute.ts';

const WIDTH = 110;
/** What would end a line of JavaScript, or be obeyed by a terminal. https://tc39.es/ecma262/#sec-line-terminators */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** As a single-quoted string of JavaScript, on one line whatever is in it. */
export function quoted(text: string): string {
  return `'${visible(text.replace(/[\\']/g, '\\$&'))}'`;
}

/** On one line, with an escape in the place of what cannot be seen. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = character.codePointAt(0)?.toString(16) ?? '';
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** As the name of a property. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

/** As JavaScript, on one line where it fits behind so many characters; else its parts below each other, lists filled. */
export function literal(value: Shape, indent: string, used = 0): string {
  const line = oneLine(value);
  if (indent.length + used + line.length <= WIDTH) return line;
  if (typeof value !== 'object' || value === null) return line;
  const inner = `${indent}  `;
  if (isList(value)) return `[\n${filled(value.map(oneLine), inner)}${indent}]`;
  const isFlat = Object.values(value).every((each) => typeof each !== 'object');
  const entries = Object.entries(value).map(([name, each]) => {
    const key = `${propertyName(name)}: `;
    return `${key}${isFlat ? oneLine(each) : literal(each, inner, key.length + 1)}`;
  });
  const body = isFlat ? filled(entries, inner) : entries.map((each) => `${inner}${each},\n`).join('');
  return `{\n${body}${indent}}`;
}

function isList(value: Shape): value is readonly Shape[] {
  return Array.isArray(value);
}

function oneLine(value: Shape): string {
  if (typeof value === 'string') return quoted(value);
  if (isList(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([name, each]) => `${propertyName(name)}: ${oneLine(each)}`);
  return `{ ${entries.join(', ')} }`;
}

function filled(parts: readonly string[], indent: string): string {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 2 <= WIDTH)
      lines[lines.length - 1] = `${last} ${part},`;
    else lines.push(`${indent}${part},`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
