/** A name as words in lower case with `_` between them: `actorId`, `ActorID`, `actor-id` and `Actor Id` are `actor_id`. */
export function words(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1_$2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '');
}

/** Without what stands between its words: Postgres makes `userid` of a `userId` without quotes. */
export function squeezed(name: string): string {
  return words(name).replaceAll('_', '');
}
