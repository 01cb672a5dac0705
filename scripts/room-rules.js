import { open, packages, rooms } from './rooms.js';

const escaped = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);

/** A room is src/<name>.ts, or everything below src/<name>/. */
const placePattern = (place) => `^src/${escaped(place)}(\\.ts$|/)`;
const placePatterns = (places) => places.map(placePattern);

/** Matches the package where it is installed, where only its types are, and its bare name when it is not installed. */
const packagePattern = (name) => `(^|node_modules/)(@types/)?${escaped(name)}(/|$)`;

const typesOnly = ['type-only', 'type-import'];

const error = (name, from, to) => ({ name, severity: 'error', from, to });

function roomRules(room, { value, types, builtins = true }) {
  const from = { path: placePattern(room) };
  const mayUse = placePatterns([room, ...open, ...value]);
  const mayKnow = placePatterns(types);
  const rules = [
    error('forbidden-room', from, { path: '^src/', pathNot: [...mayUse, ...mayKnow] }),
    ...types.map((type) =>
      error('types-only-room', from, {
        path: placePattern(type),
        pathNot: mayUse,
        dependencyTypesNot: typesOnly,
      }),
    ),
  ];
  if (!builtins) rules.push(error('no-builtins', from, { dependencyTypes: ['core'] }));
  return rules;
}

function packageRules(name, { value, types }) {
  const path = packagePattern(name);
  return [
    error('foreign-package', { path: '^src/', pathNot: placePatterns([...value, ...types]) }, { path }),
    ...types.map((type) =>
      error(
        'types-only-package',
        { path: placePattern(type), pathNot: placePatterns(value) },
        {
          path,
          dependencyTypesNot: typesOnly,
        },
      ),
    ),
  ];
}

/** Rules for dependency-cruiser, as the table says. https://github.com/sverweij/dependency-cruiser/blob/main/doc/rules-reference.md */
export function ruleSet() {
  return {
    forbidden: [
      error('cycle', { path: '^src/' }, { circular: true }),
      error('unresolved', { path: '^src/' }, { couldNotResolve: true }),
      error(
        'outside-src',
        { path: '^src/' },
        {
          pathNot: ['^src/', '(^|/)node_modules/'],
          dependencyTypesNot: ['core', 'unknown'],
        },
      ),
      error(
        'unlisted-package',
        { path: '^src/' },
        {
          path: '(^|/)node_modules/',
          pathNot: Object.keys(packages).map(packagePattern),
        },
      ),
      ...Object.entries(rooms).flatMap(([room, rights]) => roomRules(room, rights)),
      ...Object.entries(packages).flatMap(([name, owners]) => packageRules(name, owners)),
    ],
  };
}

/** Whether a file of src stands in a room of the table. */
export const hasRoom = (path) => Object.keys(rooms).some((room) => new RegExp(placePattern(room)).test(path));
