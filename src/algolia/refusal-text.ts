const WORDS = new Set(
  `a access action actions add admin after again all allowed an and api application applicationid are as at attribute
  attributes authorized authentication batch be before been below big billing blocked body bytes can cannot change check
  clear client column contact content count credentials day delete deleteobject disabled disk dashboard does document
  doesn domain encoding end error errors exceed exceeded exceeds exist exists expected expired failed feature field
  fields find for forbidden format found from full future get has have hour id in increase index indexes indexing
  indices internal invalid ip is it its job jobs json key large length less limit limits line list long look lower
  malformed many maximum method minute missing month more most must name near need no not number object objectid
  objects of off old on only operation operations or our out over parse parameter partialupdateobject pay payment
  per permission plan please position preferably pushing quota queue rate reached read record records referer refused
  remove request requests require required requires rights route running search second secured see server service
  set setting settings should size some string subscription such support suspended syntax task temporarily than that
  the there this to too token type unexpected unknown unrecognized unsupported update updateobject upgrade usage use
  user using valid value we when while with write x you your`.split(/\s+/),
);
const NUMBERED = new Set(['size', 'position', 'line', 'column']);
const LENGTH_MAX = 200;

/**
 * What may be repeated of a message with which Algolia refused a request. Messages quote objectIDs and values, their
 * texts are no contract, so only known words of the API's own and the numbers that belong to them stay; the rest becomes `…`.
 */
export function refusalText(message: string): string {
  const prose = message
    .slice(0, 2000)
    .replace(/[{[].*$/s, '…')
    .replace(/https?:\/\/\S*/g, '')
    .replace(/\bobjectID=\S*/g, 'objectID=…');
  let previous = '';
  const kept = prose.replace(/[\p{L}\p{N}_]+/gu, (word) => {
    const known = /^\d+$/.test(word) ? NUMBERED.has(previous) : WORDS.has(word.toLowerCase());
    if (!/^\d+$/.test(word)) previous = word.toLowerCase();
    return known ? word : '…';
  });
  return kept
    .replace(/[^\p{L}\p{N}…=:/.,()' -]/gu, ' ')
    .replace(/…(?:[^\p{L}\p{N}]*…)+/gu, '…')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LENGTH_MAX);
}
