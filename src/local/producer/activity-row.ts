export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [name: string]: JsonValue };

/** A row of `public.audit_log` before it is inserted, under the names of its columns; id and time are the database's to give. */
export type ActivityRow = {
  readonly actor_type: string | null;
  readonly actor_id: string | null;
  /** noun.verb_past, as the table's check wants it. */
  readonly action: string;
  readonly target_type: string | null;
  readonly target_id: string | null;
  readonly outcome: string | null;
  readonly request_id: string | null;
  readonly source: string | null;
  readonly tenant: string | null;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  readonly metadata: JsonObject | null;
};
