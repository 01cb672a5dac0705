/** Keys of documents whose values are not shown in `changes`, wherever they stand. */
const SECRETS = `password passwd pwd password_hash password_digest encrypted_password secret client_secret token access_token
  refresh_token id_token api_key apikey private_key public_key secret_key access_key credentials salt otp otp_secret pin cvv jwt
  cookie session_id authorization signature`;
const PERSONS = `email e_mail mail phone phone_number mobile fax name first_name last_name full_name given_name family_name
  display_name user_name username surname nickname address street city zip zip_code postal_code postcode location latitude
  longitude ip ip_address user_agent birthday birth_date date_of_birth dob gender ssn passport_number tax_id iban bic
  card_number account_number salary avatar photo`;

/** As patterns of `changes.hide`, in both spellings. */
export function hiddenKeys(): readonly string[] {
  const keys = `${SECRETS} ${PERSONS}`.split(/\s+/);
  return [...new Set(keys.flatMap((key) => [key, camelCase(key)]))].map((key) => `**.${key}`);
}

function camelCase(key: string): string {
  return key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
