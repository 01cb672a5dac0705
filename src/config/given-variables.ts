import type { Environment } from './log-level.ts';
import { environmentOnly, variables } from './variables.ts';

/** Those of a list that the environment does not have, neither as they are nor as a file. */
export function missingVariables(
  names: readonly string[],
  environment: Environment = process.env,
): readonly string[] {
  return names.filter((name) => {
    const secret = [...variables, ...environmentOnly].some((each) => each.name === name && each.secret);
    return !environment[name] && !(secret && environment[`${name}_FILE`]);
  });
}
