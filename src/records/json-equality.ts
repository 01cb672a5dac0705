import { type JsonNode, jsonString } from './json-tree.ts';

const QUOTE = '"';
/** Longer exponents are not reckoned with: such numbers are equal when their digits are. */
const EXPONENT_LENGTH_MAX = 15;

/** Whether both stand for the same value: the order of keys, escapes, and zeros behind the last digit of a number make no difference. */
export function isSameJson(one: JsonNode, other: JsonNode): boolean {
  if (one.text === other.text) return true;
  if (one.kind === 'object' && other.kind === 'object') {
    if (one.members.size !== other.members.size) return false;
    for (const [key, member] of one.members) {
      const counterpart = other.members.get(key);
      if (counterpart === undefined || !isSameJson(member, counterpart)) return false;
    }
    return true;
  }
  if (one.kind === 'list' && other.kind === 'list') {
    const { elements } = other;
    return (
      one.elements.length === elements.length &&
      one.elements.every((element, at) => isSameJson(element, elements[at] as JsonNode))
    );
  }
  if (one.kind !== 'scalar' || other.kind !== 'scalar') return false;
  return scalarKey(one.text) === scalarKey(other.text);
}

/** A text that is the same for values that are the same, and for no others. */
export function jsonKey(node: JsonNode): string {
  switch (node.kind) {
    case 'scalar':
      return scalarKey(node.text);
    case 'deep':
      return node.text;
    case 'list':
      return `[${node.elements.map(jsonKey).join(',')}]`;
    case 'object':
      return `{${[...node.members]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([key, member]) => `${JSON.stringify(key)}:${jsonKey(member)}`)
        .join(',')}}`;
  }
}

function scalarKey(text: string): string {
  const first = text.charAt(0);
  if (first === QUOTE) return text.includes('\\') ? JSON.stringify(jsonString(text)) : text;
  return first === '-' || (first >= '0' && first <= '9') ? numberKey(text) : text;
}

/** Of every digit, which doubles would not keep: `-12.50` is `-125e-1`. */
function numberKey(text: string): string {
  const sign = text.startsWith('-') ? '-' : '';
  const e = text.search(/[eE]/);
  const exponentText = e === -1 ? '0' : text.slice(e + 1);
  if (exponentText.length > EXPONENT_LENGTH_MAX) return text;
  const mantissa = text.slice(sign.length, e === -1 ? undefined : e);
  const dot = mantissa.indexOf('.');
  const digits = dot === -1 ? mantissa : mantissa.slice(0, dot) + mantissa.slice(dot + 1);
  let start = 0;
  let end = digits.length;
  while (start < end && digits.charAt(start) === '0') start++;
  while (end > start && digits.charAt(end - 1) === '0') end--;
  if (start === end) return '0';
  const fractionDigits = dot === -1 ? 0 : mantissa.length - dot - 1;
  const exponent = Number(exponentText) - fractionDigits + (digits.length - end);
  return `${sign}${digits.slice(start, end)}e${exponent}`;
}
