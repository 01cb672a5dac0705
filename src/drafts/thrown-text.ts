/** What Node's own AbortSignal says by the name alone. */
const NAMES = new Set(['AbortError', 'TimeoutError']);

/**
 * What was thrown, and where, without its message, in which there may be values of a row: the class, the code of Node's errors, file and
 * line.
 */
export function thrownText(thrown: unknown): string {
  if (!(thrown instanceof Error))
    return `no Error but ${thrown === null ? 'null' : `a value of type ${typeof thrown}`}`;
  const kind = NAMES.has(thrown.name) ? thrown.name : thrown.constructor.name || 'Error';
  const code = codeOf(thrown) ?? codeOf(thrown.cause);
  const place = placeOf(thrown);
  return `${kind}${code === undefined ? '' : ` ${code}`}${place === undefined ? '' : ` at ${place}`}`;
}

/** https://nodejs.org/docs/latest-v20.x/api/errors.html#nodejs-error-codes */
function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  const { code } = thrown;
  return typeof code === 'string' && /^E[A-Z0-9_]{1,40}$/.test(code) ? code : undefined;
}

/** Of the first frame that is none of Node's; frames stand behind the message, which may have lines that look like some. */
function placeOf({ message, stack = '' }: Error): string | undefined {
  const head = message === '' ? '\n' : `: ${message}\n`;
  const at = stack.indexOf(head);
  if (at === -1) return undefined;
  for (const frame of stack.slice(at + head.length).split('\n')) {
    const file = /^\s+at (?:.*[(/\\])?([\w.@-]+:\d+:\d+)\)?$/.exec(frame)?.[1];
    if (file !== undefined && !/\bnode:|node_modules/.test(frame)) return file;
  }
  return undefined;
}
