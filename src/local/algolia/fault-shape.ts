import type { Fault, FaultEffect } from './faults.ts';
import { isTextList } from './settings.ts';

const NAMES: readonly unknown[] = [undefined, 'fields', 'message', 'nothing'];

const LIMITS: Readonly<Record<FaultEffect['kind'], (fault: Record<string, unknown>) => boolean>> = {
  refuse: ({ status }) => isRefusal(status),
  reset: ({ when }) => when === 'before' || when === 'after',
  slow: ({ firstByteMs }) => isCount(firstByteMs),
  lost: ({ closeAfterMs }) => isCount(closeAfterMs),
  late: ({ applyAfter, answer }) =>
    isLateness(applyAfter) && [undefined, 'sent', 'reset'].includes(answer as string),
  forget: () => true,
  poison: ({ objectIDs, text, status, names, message }) =>
    (objectIDs === undefined ? typeof text === 'string' : isTextList(objectIDs)) &&
    (status === undefined || isRefusal(status)) &&
    NAMES.includes(names) &&
    [text, message].every(isTextOrAbsent),
  quota: ({ recordsMax, status, message }) =>
    isCount(recordsMax) && (status === undefined || isRefusal(status)) && isTextOrAbsent(message),
};

/** Whether what came over HTTP is a fault. */
export function isFault(value: unknown): value is Fault {
  if (typeof value !== 'object' || value === null) return false;
  const fault = value as Record<string, unknown>;
  const limit = Object.hasOwn(LIMITS, String(fault['kind']))
    ? LIMITS[fault['kind'] as FaultEffect['kind']]
    : undefined;
  const counts = [fault['times'], fault['skip']].every((count) => count === undefined || isCount(count));
  const texts = [fault['method'], fault['path'], fault['index']].every(isTextOrAbsent);
  return limit?.(fault) === true && counts && texts;
}

export function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isLateness(value: unknown): boolean {
  if (value === 'next' || isCount(value)) return true;
  const { tasks } = Object(value) as { tasks?: unknown };
  return isCount(tasks) && tasks !== 0;
}

function isRefusal(status: unknown): boolean {
  return isCount(status) && Number(status) >= 400 && Number(status) < 600;
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}
