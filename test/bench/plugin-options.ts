import type { Scenario } from './scenarios.ts';

/** What the program asks of the plugin, for those who read the same slot beside it. */
export function pluginOptions(
  { plugin }: Scenario,
  publication: string,
): readonly (readonly [name: string, value: string])[] {
  if (plugin === 'pgoutput') {
    return [
      ['proto_version', '1'],
      ['publication_names', publication],
    ];
  }
  return [
    ['format-version', '2'],
    ['include-lsn', '1'],
    ['include-xids', '1'],
    ['include-timestamp', '1'],
    ['include-types', '1'],
    ['include-type-oids', '1'],
    ['include-transaction', '1'],
    ['actions', 'insert,update,delete,truncate'],
    ['add-tables', 'public.audit_log'],
  ];
}
