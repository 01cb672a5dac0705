import { wantedAttributes } from './attributes.ts';
import type { ComputedAttribute, ComputedOptions } from './computed-attribute.ts';
import { compileLabelledPseudonym } from './pseudonym-attribute.ts';
import { compileTemplate } from './template-attribute.ts';

/** In the order of the configuration; the names are looked at where the other attributes are compiled. Throws a ConfigError. */
export function compileComputed(options: ComputedOptions): readonly ComputedAttribute[] {
  return [...wantedAttributes(options)].flatMap(([name, config]) => {
    if ('template' in config) return compileTemplate(options, name, config.template);
    return 'pseudonym' in config ? compileLabelledPseudonym(options, name, config.pseudonym) : [];
  });
}
