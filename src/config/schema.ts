import { z } from 'zod';

const attribute = z.strictObject({
  column: z.string().min(1),
  as: z.enum(['number', 'string']).optional(),
  timeZone: z.string().min(1).optional(),
});

const table = z.strictObject({
  index: z.string().min(1),
  objectID: z.array(z.string().min(1)).min(1).default(['id']),
  objectIDPrefix: z.string().optional(),
  attributes: z.record(z.string().min(1), z.union([z.string().min(1), attribute])).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
});

export type AttributeConfig = z.infer<typeof attribute>;
/** How one table becomes records. `attributes` maps a name in the record to a column, or to a column with a conversion. */
export type TableConfig = z.infer<typeof table>;

export const configSchema = z.strictObject({
  postgres: z.strictObject({ url: z.string() }),
  replication: z.strictObject({
    slot: z.string(),
    publication: z.array(z.string()),
    plugin: z.literal('pgoutput'),
  }),
  algolia: z.strictObject({
    appId: z.string(),
    apiKey: z.string(),
    hosts: z.array(z.string()).optional(),
    confirmAfter: z.enum(['published', 'accepted']),
    recordBytesMax: z.number(),
    compression: z.enum(['none', 'gzip']),
  }),
  batch: z.strictObject({ recordsMax: z.number(), bytesMax: z.number(), lingerMs: z.number() }),
  memory: z.strictObject({ inFlightBytesMax: z.number() }),
  tables: z.record(z.string(), table),
  http: z.strictObject({ host: z.string(), port: z.number() }),
  shutdownMs: z.number(),
});

export type Config = z.infer<typeof configSchema>;
