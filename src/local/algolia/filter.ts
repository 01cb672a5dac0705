/** One condition. `negated` numeric conditions are turned round: like Algolia's, they too want the attribute to be there. */
export type Filter =
  | { readonly kind: 'facet'; readonly attribute: string; readonly value: string; readonly negated: boolean }
  | { readonly kind: 'tag'; readonly value: string; readonly negated: boolean }
  | {
      readonly kind: 'comparison';
      readonly attribute: string;
      readonly operator: Comparison;
      readonly operand: number;
      readonly negated: boolean;
    }
  | {
      readonly kind: 'range';
      readonly attribute: string;
      readonly from: number;
      readonly to: number;
      readonly negated: boolean;
    };

export type Comparison = '<' | '<=' | '=' | '!=' | '>=' | '>';

/** All clauses must hold, and of each clause one filter: the only shape that Algolia accepts. */
export type Clause = readonly Filter[];

export type FilterFamily = 'facet' | 'tag' | 'numeric';

export function familyOf(filter: Filter): FilterFamily {
  return filter.kind === 'comparison' || filter.kind === 'range' ? 'numeric' : filter.kind;
}
