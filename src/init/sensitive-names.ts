import { squeezed, words } from './column-words.ts';

/** Opens something, or stands for what does. */
const SECRET =
  /(^|_)(password|passwd|pwd|passphrase|passcode|secret|secrets|token|tokens|api_?key|apikey|private_key|secret_key|access_key|encryption_key|license_key|licence_key|activation_key|signing_key|credential|credentials|salt|otp|totp|mfa|pin|cvv|cvc|jwt|cookie|cookies|csrf|signature|hash|digest|hmac|authorization|auth_header|bearer|session_key|certificate|recovery_code|security_answer)(_|$)/;

/** Says something of a person that no pseudonym would carry. */
const PERSONAL =
  /(^|_)((first|last|full|given|family|middle|display|real|maiden|nick|person|customer|contact|patient|employee|actor|author|owner)_?name|surname|address|street|city|town|zip|zip_?code|postcode|postal|postal_code|location|lat|latitude|lng|lon|long|longitude|geo|coordinates|birth|birthday|birthdate|dob|age|gender|sex|nationality|ethnicity|religion|salary|income|ssn|social_security_number|passport|passport_no|passport_number|license_number|licence_number|tax_id|national_id|iban|bic|card_number|card_no|card_holder|credit_card|account_number|diagnosis|avatar|photo|picture)(_|$)/;

const EMAIL = /(^|_)(email|e_mail|mail|email_address|mail_address)$/;
const PHONE = /(^|_)(phone|phone_number|mobile|mobile_number|tel|telephone|fax|msisdn)$/;
const ADDRESS =
  /(^|_)(ip|ip_?addr|ip_?address|ipv4|ipv6|remote_addr|remote_address|client_addr|remote_host)$/;
const DEVICE = /(^|_)(device|device_id|device_uuid|fingerprint|imei|mac|mac_address|advertising_id)$/;
const SESSION = /(^|_)(session|session_id|session_uuid|sid|visitor_id|anonymous_id)$/;

/** Nouns for the people who use a product: what identifies one of them is an id of the same kind. */
const USER =
  'user|actor|author|owner|creator|updater|editor|assignee|assigner|assignor|reviewer|approver|operator|requester|requestor|reporter|impersonator|impersonated_user|delegate|on_behalf_of|recipient|sender|inviter|invitee|causer|initiator|principal|performer|performed_by|admin|administrator|moderator|manager|login';
/** Others, whose ids may be counted by themselves. */
const PERSON =
  'customer|client|employee|staff|member|person|people|contact|patient|student|participant|subscriber|guest|visitor|player|teacher|doctor|driver|account|profile|applicant|candidate|tenant_user|lead';
const ID = 'id|ids|uuid|guid|key|ref|no|number|pk|sub';

const USER_ID = new RegExp(`(^|_)(${USER})(_(${ID}))?$|(^|_)by(_(user|${ID}))*$`);
const PERSON_ID = new RegExp(`(^|_)(${PERSON})(_(${ID}))?$`);
const USER_NAME =
  /(^|_)(user_?name|login_?name|screen_?name|nickname|handle|whodunnit|who|uid|db_user|session_user|current_user|username)$/;

/** Names that were written without anything between their words. */
const SQUEEZED_USERS = new RegExp(
  `^(${USER.replaceAll('_', '')})(${ID})$|^(created|updated|changed|modified|performed|done|executed|approved|deleted)by(id)?$`,
);
const SQUEEZED_PEOPLE = new RegExp(`^(${PERSON.replaceAll('_', '')})(${ID})$`);

/** Sentences that people or programs wrote, with anybody's data in them. */
const FREE_TEXT =
  /(^|_)(message|msg|description|desc|comment|comments|note|notes|remark|remarks|body|text|content|contents|details|detail|summary|subject|title|reason|error|exception|stack|stack_trace|stacktrace|query|sql|statement|command|args|arguments|params|url|uri|href|link|path|referer|referrer|user_?agent|agent|browser|ua|headers|object_repr|repr|old_value|new_value|old_values|new_values|old_data|new_data|value|values|payload|data)$/;

/** Words for few different things. */
const CATEGORY =
  /(^|_)(type|types|kind|class|category|categories|status|state|level|severity|priority|importance|action|event|op|operation|outcome|result|source|origin|channel|method|verb|module|service|component|app|application|application_name|app_name|service_name|environment|env|region|country|country_code|locale|language|lang|currency|version|code|role|roles|scope|scopes|permission|schema|schema_name|table|table_name|model|model_name|entity|entity_name|resource|resource_name|collection|tag|tags|plan|platform|os|protocol|format|tenant|queue|topic|stage|phase|unit|mode|log_name|feature|flag|area|department|direction|success|batch|changed_fields|changed_columns|changed_attributes|fields|field|field_name|column_name|columns|attribute|attribute_name|property)$/;

/** Ends like the name of one thing among many. */
const THING =
  /(^|_)(id|ids|uuid|guid|pk|oid|no|number|key|trace|span|correlation|request|transaction|xid|lsn|seq|sequence|sku)$|[a-z](id|uuid)$/;

export type Meaning =
  | { readonly tag: 'secret' }
  | { readonly tag: 'personal' }
  | { readonly tag: 'identifier'; readonly kind: string }
  | { readonly tag: 'free-text' }
  | { readonly tag: 'category' }
  | { readonly tag: 'thing' }
  | { readonly tag: 'unknown' };

/** What the name of a column lets one expect of its values; the more delicate meaning counts. */
export function meaningOf(name: string): Meaning {
  const text = words(name);
  if (SECRET.test(text)) return { tag: 'secret' };
  const kind = identifierKind(text, squeezed(name));
  if (kind !== undefined) return { tag: 'identifier', kind };
  if (PERSONAL.test(text)) return { tag: 'personal' };
  if (FREE_TEXT.test(text)) return { tag: 'free-text' };
  if (CATEGORY.test(text)) return { tag: 'category' };
  return { tag: THING.test(text) ? 'thing' : 'unknown' };
}

/** Whether the name says that it is about a secret or a person. */
export function isDelicate(name: string): boolean {
  const { tag } = meaningOf(name);
  return tag === 'secret' || tag === 'personal' || tag === 'identifier';
}

function identifierKind(text: string, plain: string): string | undefined {
  if (EMAIL.test(text)) return 'email';
  if (PHONE.test(text)) return 'phone';
  if (ADDRESS.test(text)) return 'ip';
  if (SESSION.test(text) || plain === 'sessionid') return 'session';
  if (DEVICE.test(text) || plain === 'deviceid') return 'device';
  if (USER_NAME.test(text) || USER_ID.test(text) || SQUEEZED_USERS.test(plain)) return 'user';
  return PERSON_ID.exec(text)?.[2] ?? SQUEEZED_PEOPLE.exec(plain)?.[1];
}
