import type { TableProposal } from './proposal.ts';
import type { Shape } from './shaped-attribute.ts';

/** What the configuration says of the tables, by their name. */
export function tableShapes(proposals: readonly TableProposal[]): Readonly<Record<string, Shape>> {
  return Object.fromEntries(
    proposals.map((proposal) => [proposal.table.qualifiedName, tableShape(proposal)] as const),
  );
}

function tableShape(proposal: TableProposal): Shape {
  const attributes = [...proposal.columns.flatMap(({ attributes: each }) => each), ...proposal.computed];
  return {
    ...tableHead(proposal),
    attributes: Object.fromEntries(attributes.map(({ name, config }) => [name, config])),
    settings: {},
  };
}

/** What stands before the attributes. */
export function tableHead({ index, key, operations }: TableProposal): Readonly<Record<string, Shape>> {
  return {
    index,
    objectID: key.columns,
    ...(operations === undefined ? {} : { operations }),
  };
}
