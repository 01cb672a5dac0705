import { z } from 'zod';
import { attribute } from './key-attributes.ts';

/** By which attributes of the records `report` asks, beside those under `keys`. */
export const reportAttributes = z.strictObject(
  {
    targetTypeAttribute: attribute(
      'target_type',
      'The attribute that says of what kind the item is which `report record` asks for.',
    ),
    targetIdAttribute: attribute('target_id', 'The attribute that says which one it is.'),
    sequenceAttribute: attribute('id', '').unwrap().optional().meta({
      description:
        'A number by which records of one millisecond are told apart, and by which the index ranks them. Left out: `seq` where the mapping has one, else `id`.',
    }),
  },
  { error: 'an object' },
);
