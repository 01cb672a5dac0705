import type { LogicalMessage } from '../replication/messages.ts';
import { MESSAGE_PREFIX } from './refresh-message.ts';

/**
 * Content of the message by which whoever erases wakes the pipeline. It names nobody: anyone who can connect may write one, and
 * what is erased is said by the table alone.
 */
export const ERASURE_MESSAGE = '{"erase":{}}';

export function isErasureMessage({ prefix, content }: LogicalMessage): boolean {
  return prefix === MESSAGE_PREFIX && content.toString('utf8') === ERASURE_MESSAGE;
}
