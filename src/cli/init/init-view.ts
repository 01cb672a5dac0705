import type { PreconditionError } from '../../errors.ts';
import type { ColumnProposal, TableProposal } from '../../init/proposal.ts';
import { columnLines } from '../columns.ts';
import { harmless, type Output } from '../output.ts';

/** What `init` has found out and proposes. */
export type Initiated = {
  readonly database: string;
  readonly obstacle: PreconditionError | undefined;
  readonly tables: readonly { readonly proposal: TableProposal; readonly notices: readonly string[] }[];
};

/** For scripts: every column with what becomes of it. */
export function initFacts({ database, obstacle, tables }: Initiated) {
  return {
    database,
    tables: tables.map(({ proposal, notices }) => ({
      table: proposal.table.qualifiedName,
      index: proposal.index,
      objectID: proposal.key.columns,
      operations: proposal.operations ?? null,
      columns: proposal.columns.map((each) => ({
        name: each.column.name,
        type: typeText(each),
        mark: each.mark.tag,
        why: each.mark.why,
        attributes: each.attributes.map(({ name }) => name),
        timeZone: each.zone?.timeZone ?? null,
      })),
      computed: proposal.computed.map(({ name }) => name),
      notices,
    })),
    obstacle: obstacle === undefined ? null : { message: obstacle.message, remedy: obstacle.remedy ?? null },
  };
}

export function printProposal(output: Output, { obstacle, tables }: Initiated): void {
  for (const { proposal, notices } of tables) {
    const { table, index, key, computed } = proposal;
    output.line(harmless(`${table.qualifiedName} -> index ${index}, objectID ${key.columns.join(', ')}`));
    for (const line of columnLines(['column', 'type', '', 'attribute', 'because'], rows(proposal)))
      output.line(`  ${line}`);
    if (computed.length > 0)
      output.line(`  and, made of several columns: ${computed.map(({ name }) => name).join(', ')}`);
    for (const notice of notices) output.line(`note: ${harmless(`${table.qualifiedName}: ${notice}`)}`);
  }
  output.line(
    'note: names and types decided, no row was read: look at each line of the file before `setup`.',
  );
  if (obstacle === undefined) return;
  output.line(`note: \`setup\` will not start yet: ${obstacle.message}. ${obstacle.remedy ?? ''}`.trimEnd());
}

function rows({ columns, computed }: TableProposal): readonly (readonly string[])[] {
  return columns.map((each) => {
    const { column, mark, attributes } = each;
    // What is indexed and has no attribute is compared with another.
    const names = attributes.length === 0 && mark.tag === 'indexed' ? computed.slice(0, 1) : attributes;
    return [column.name, typeText(each), mark.tag, names.map(({ name }) => name).join(', '), mark.why];
  });
}

function typeText({ column: { type, isArray } }: ColumnProposal): string {
  return isArray ? `${type}[]` : type;
}
