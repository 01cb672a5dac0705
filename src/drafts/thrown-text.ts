/** What is known of a value that was thrown without repeating its message, in which values of a row may stand: its class, its code, and where. */
export function thrownText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `no Error but a ${typeof thrown}`;
  const code = 'code' in thrown && /^E[A-Z0-9_]{1,60}$/.test(String(thrown.code)) ? ` (${thrown.code})` : '';
  const place = placeOf(thrown);
  return `${thrown.constructor.name}${code}${place === undefined ? '' : ` at ${place}`}`;
}

/** File and line of the first frame, which stand behind the message. */
function placeOf({ message, stack = '' }: Error): string | undefined {
  const at = stack.indexOf(message);
  if (at === -1) return undefined;
  const frame = /^\n\s+at (?:.*[(/\\])?([^(/\\]+:\d+:\d+)\)?(?:\n|$)/.exec(stack.slice(at + message.length));
  return frame?.[1];
}
