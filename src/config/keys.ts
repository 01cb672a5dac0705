import { z } from 'zod';
import type { Path } from './problems.ts';
import { configSchema } from './schema.ts';

export type JsonSchema = {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
};

/** What a configuration file may hold, described. https://zod.dev/json-schema */
export function describedKeys(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

/** The keys of the object that stands under a path; none where it takes any. */
export function keysAt(path: Path): readonly string[] {
  let schema: JsonSchema | undefined = describedKeys();
  for (const part of path) schema = below(schema, String(part));
  return Object.keys(schema?.properties ?? {});
}

function below(schema: JsonSchema | undefined, key: string): JsonSchema | undefined {
  const any = schema?.additionalProperties;
  const next = schema?.properties?.[key] ?? (typeof any === 'object' ? any : undefined);
  const isObject = (each: JsonSchema): boolean =>
    each.properties !== undefined || typeof each.additionalProperties === 'object';
  return next?.anyOf?.find(isObject) ?? next;
}

/** Where else a key of this name stands, as `replication.slot`. */
export function keyElsewhere(name: string): string | undefined {
  const sections = Object.entries(describedKeys().properties ?? {});
  const section = sections.find(([, { properties }]) => properties?.[name] !== undefined);
  return section === undefined ? undefined : `${section[0]}.${name}`;
}
