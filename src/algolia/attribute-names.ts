/** The last word of a name for one thing among very many, by which rows are found and never counted. */
const ID =
  /(^|_)(id|ids|uuid|guid|key|hash|sha|token|ref|email|ip|address|phone|lsn|trace|span|session|url|uri|path|agent)$/;
/** The last word of a name for sentences. */
const FREE_TEXT =
  /(^|_)(summary|description|message|title|subject|note|notes|comment|comments|body|text|content|details|label|query|sql|error)$/;

/** Whether the name says that the values are ids: `actor_id`, `actorId`, `ip`. */
export function namesId(name: string): boolean {
  return ID.test(words(name));
}

/** Whether the name says that the values are written by people, each different from the others. */
export function namesFreeText(name: string): boolean {
  return FREE_TEXT.test(words(name));
}

function words(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}
