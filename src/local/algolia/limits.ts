import { isCount } from './fault-shape.ts';

/** What is too large, and how it is refused. Changes hold from the next request. */
export type Limits = {
  /** In UTF-8 bytes of a record's JSON. A larger one has its whole batch refused. */
  recordBytesMax: number;
  /** Of a request's body, uncompressed. */
  requestBytesMax: number;
  /** `old` names `position` and `objectID` of a record that is too large as fields; `new` has them in the message alone. */
  infrastructure: 'old' | 'new';
};

/** Whether what came over HTTP may be assigned to the limits. */
export function isLimits(value: Readonly<Record<string, unknown>>): value is Partial<Limits> {
  return Object.entries(value).every(([name, limit]) =>
    name === 'infrastructure'
      ? limit === 'old' || limit === 'new'
      : (name === 'recordBytesMax' || name === 'requestBytesMax') && isCount(limit),
  );
}
