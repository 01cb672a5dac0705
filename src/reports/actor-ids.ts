/** Under which ids an actor stands in the records: all that the person may have been given. */
export function actorIds(id: string): readonly string[] {
  return [id];
}
