/** Keys of documents whose values are not shown in `changes`, wherever they stand. */
const SECRETS = `password passwd pwd password_hash password_digest encrypted_password secret client_secret token access_token
  refresh_token id_token api_key apikey private_key public_key secret_key access_key credentials salt otp otp_secret pin cvv jwt
  cookie session_id authorization signature`;
const PERSONS = `email e_mail mail phone phone_number mobile fax name first_name last_name full_name given_name family_name
  display_name user_name username surname nickname address street city zip zip_code postal_code postcode location latitude
  longitude ip ip_address user_agent birthday birth_date date_of_birth dob gender ssn passport_number tax_id iban bic
  card_number account_number salary avatar photo`;

/** Ids of people who use a product, and beside them those of others, who are counted by themselves. */
const USER_IDS = `user_id user_ids user_uuid owner_id owner_ids actor_id author_id creator_id editor_id assignee_id assignee_ids
  assigner_id reviewer_id approver_id requester_id reporter_id recipient_id sender_id inviter_id invitee_id manager_id admin_id
  moderator_id operator_id impersonator_id created_by created_by_id updated_by updated_by_id deleted_by deleted_by_id changed_by
  modified_by approved_by approved_by_id invited_by`;
const PEOPLE = 'customer client employee member contact patient student participant subscriber account';

/** As patterns of `changes.hide`, in both spellings. */
export function hiddenKeys(): readonly string[] {
  return patterns(`${SECRETS} ${PERSONS}`);
}

/** As those of `changes.pseudonyms`, with the kinds that columns of these names have. */
export function pseudonymKeys(): Readonly<Record<string, string>> {
  const others = PEOPLE.split(' ').flatMap((kind) => patterns(`${kind}_id`).map((path) => [path, kind]));
  return Object.fromEntries([...patterns(USER_IDS).map((path) => [path, 'user']), ...others]);
}

function patterns(names: string): readonly string[] {
  const keys = names.split(/\s+/).flatMap((key) => [key, camelCase(key)]);
  return [...new Set(keys)].map((key) => `**.${key}`);
}

function camelCase(key: string): string {
  return key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
