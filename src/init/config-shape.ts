import type { TableProposal } from './proposal.ts';
import type { Shape } from './shaped-attribute.ts';

/** All that the configuration says. */
export function configShape(proposals: readonly TableProposal[]): Readonly<Record<string, Shape>> {
  return { algolia: { statusIndex: statusIndex(proposals) }, tables: tableShapes(proposals) };
}

/** The index that says what the others are complete through: one of its own. */
export function statusIndex(proposals: readonly TableProposal[]): string {
  const taken = proposals.map(({ index }) => index);
  let name = `${taken[0]}_status`;
  while (taken.includes(name)) name = `${name}_status`;
  return name;
}

/** What the configuration says of the tables, by their name. */
function tableShapes(proposals: readonly TableProposal[]): Readonly<Record<string, Shape>> {
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
