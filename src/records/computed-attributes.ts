import { wantedAttributes } from './attributes.ts';
import { compileChanges } from './changes-attribute.ts';
import type { ComputedAttribute, ComputedOptions } from './computed-attribute.ts';
import { compileOp } from './op-attribute.ts';
import { compileLabelledPseudonym } from './pseudonym-attribute.ts';
import { compileTemplate } from './template-attribute.ts';

/** In the order of the configuration; the names are looked at where the other attributes are compiled. Throws a ConfigError. */
export function compileComputed(options: ComputedOptions): readonly ComputedAttribute[] {
  return [...wantedAttributes(options)].flatMap(([name, config]) => {
    if ('template' in config) return compileTemplate(options, name, config.template);
    if ('changes' in config) return compileChanges(options, name, config);
    if ('pseudonym' in config) return compileLabelledPseudonym(options, name, config.pseudonym);
    return 'op' in config ? compileOp(options, name, config) : [];
  });
}
