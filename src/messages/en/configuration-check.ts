import type { Field } from '../../configurations/explain/dialects.ts'
import type { ConfigurationReading, Reason, Verdict } from '../../configurations/explain/reading.ts'

type Params = Readonly<Record<string, string>>

/** Why each setting must be there. */
const missing: Partial<Record<Field, string>> = {
  clientId: 'It names the OAuth client to which the consent was given.',
  clientSecret: 'Google accepts a refresh token only together with the secret of its OAuth client.',
  refreshToken: 'Without it the library has nothing to ask for access with.',
  keyFilePath: 'It names the JSON key of the service account.',
  developerToken:
    'This library does not start without one. Google has not looked at it since 9 September 2026, so any text will do.',
  mode: 'The library has to be told which kind of credential it is: APPLICATION or SERVICE_ACCOUNT.',
  protoPlus: 'Python does not start without it: True or False.',
  scopes: 'With a key file PHP has to be told the scope: https://www.googleapis.com/auth/adwords.',
}

/** One sentence for each finding. None holds a value that was pasted. */
const sentences: Record<Reason, (params: Params) => string> = {
  good: () => 'Looks right.',
  not_about_credentials: () => 'Known, and has nothing to do with the credential. It was not checked further.',
  computed: () => 'Code or the environment decides this value when the program runs. It is not read here.',
  developer_token_ignored: () =>
    'No longer needed. Google has not looked at developer tokens since 9 September 2026; only google-ads-python before 32.0.0 still refuses to start without one.',
  developer_token_demanded: () =>
    'The library still demands it, Google no longer looks at it. Any text will do, so the real one may go.',
  impersonation_optional: () =>
    'Not needed where the service account itself was invited to Google Ads. It works only with domain-wide delegation.',
  login_customer_absent: () =>
    'Not set. That works for accounts the credential opens directly; an account below a manager needs the manager’s ID here.',
  default_credentials: () =>
    'Application default credentials and a credential of its own stand in one file. Python, for one, then uses the former only.',
  default_credentials_without_prefix: () =>
    'Only the C# library reads this name. The others want GOOGLE_ADS_USE_APPLICATION_DEFAULT_CREDENTIALS.',
  default_credentials_with_prefix: () =>
    'Looks right, except for C#: its library reads USE_APPLICATION_DEFAULT_CREDENTIALS, without the prefix.',
  missing: p => `Missing. ${missing[p.field as Field] ?? 'The library does not start without it.'}`,
  section_missing: () => 'The section GoogleAdsApi is missing. The library reads nothing outside it.',
  obsolete: p => `An earlier name. Today it is ${p.right}.`,
  obsolete_without_successor: () => 'A name of earlier times. Nothing takes its place, so it can go.',
  obsolete_section: () => 'A section of the AdWords library. What it holds stands at the beginning of a line today.',
  misspelt: p => `Not a name the library knows. It means ${p.right}, and must be written exactly so.`,
  other_library: p => `This is how another library writes it. Here it is ${p.right}.`,
  placeholder: () => 'Still a placeholder. Put your own value here.',
  placeholder_developer_token: () =>
    'A placeholder that may stay: some libraries want any text here, and Google no longer looks at it.',
  empty: () => 'There is no value.',
  quotes_kept: () => 'The quotes become part of the value in this format. Leave them out.',
  blanks_around: () => 'A blank before or after the value becomes part of it. Take it out.',
  dashes: () => 'The ID must be written without dashes: ten digits only.',
  not_ten_digits: () => 'A customer ID has ten digits. This has not.',
  client_id_shape: () => 'Does not look like a client ID, which ends with .apps.googleusercontent.com.',
  client_secret_shape: () => 'Does not look like a client secret, which mostly begins with GOCSPX- and has no blanks.',
  refresh_token_shape: () => 'Does not look like a refresh token, which mostly begins with 1// and is long.',
  access_token: () => 'This is an access token, which ends after an hour. A refresh token begins with 1//.',
  authorization_code: () =>
    'This is an authorization code, which works once and for minutes. Exchange it for a refresh token first.',
  key_itself: () =>
    'The key itself stands here. The path of the key file belongs here. Treat this key as seen by others, and replace it.',
  key_file_p12: () => 'P12 keys are of the past. Make a JSON key in the Google Cloud console and name its path.',
  email_shape: () => 'This is not an e-mail address.',
  mode_unknown: () => 'Must be APPLICATION or SERVICE_ACCOUNT.',
  mode_mismatch: p => `Does not fit the rest of the file, which needs ${p.right}.`,
  boolean_shape: () => 'Must be True or False.',
  scope_missing: () => 'Lacks the scope of Google Ads: https://www.googleapis.com/auth/adwords.',
  wrong_section: p => `Stands under the wrong heading. The library looks for it under [${p.right}].`,
  mixed: () =>
    'A service account and a person’s consent stand in one file. Java refuses that, other libraries quietly use one of the two. Take one out.',
  duplicate: p => `Already set in line ${p.line}. Keep one of the two.`,
  unknown: () => 'Not a name the library knows. It is not repeated here, because it could be part of a secret.',
  syntax: () =>
    'From here on this cannot be read as this format. Look for a quote, a bracket or a separator that is missing.',
  unrecognised: () => 'This looks like none of the formats. Choose one, or check whether the whole file was pasted.',
  key_file: () =>
    'This is the key of a service account, not a configuration. Whoever has it can sign in as the service account: keep it where only your program reads it.',
  client_secrets_file: () =>
    'This is a credentials file of Google’s, not a configuration of a client library. Its values belong into one.',
  too_many_settings: () =>
    'This has too many settings for a configuration, so we did not check it. Paste only the part with the Google Ads settings.',
  cut: p => `${p.left} more problems are not shown. Fix these first, then check again.`,
}

export const configurationCheck = {
  title: 'Check a configuration',
  lead: 'Paste the configuration of a Google Ads client library. Each line is explained: what is missing, misspelt, out of date, or does not fit together.',
  back: 'Connections',
  link: 'Check a configuration',
  linkFromConfiguration: 'Something does not work? Check the file you have',
  text: 'Configuration',
  kept: 'Checking reads it on this server, answers, and forgets it: nothing of it is stored, logged or sent to Google.',
  format: 'Format',
  detect: 'Detect',
  submit: 'Check',
  import: 'Import as a connection',
  importHint:
    'Import takes the refresh token in it as a connection of yours, after Google said that it works and whose it is. It is then sealed here, with the OAuth client it belongs to.',
  notImported: {
    incomplete:
      'There is no whole credential in it to import: a client ID, a client secret and a refresh token, none of them a placeholder. What was found is below. Nothing was kept; paste it again when it is complete.',
    keyFile:
      'It names a key file of a service account; the key itself is not in it. An administrator can add the key file under Connections. Nothing was kept.',
  },
  result: 'Result',
  tableLabel: 'What was found, by line',
  columns: { line: 'Line', key: 'Setting', verdict: 'Verdict', sentence: 'What to do' },
  hidden: '(not shown)',
  notThere: 'not there',
  pasted: 'What you pasted',
  pastedLead: 'With everything hidden that is or could be secret. The lines have their numbers.',
  summary: (format: string) => `Read as ${format}.`,
  notRead: 'Not read.',
  kinds: {
    user: 'It holds the consent of a person.',
    service_account: 'It holds a service account.',
    mixed: 'It holds two kinds of credential.',
    default_credentials: 'It uses application default credentials.',
    access_token: 'It uses an access token.',
    none: 'It holds no credential.',
  } satisfies Record<ConfigurationReading['kind'], string>,
  problems: (count: number) => {
    if (count === 0) return 'Nothing is wrong with it.'
    return count === 1 ? 'One thing is wrong with it.' : `${count} things are wrong with it.`
  },
  leftToFillIn: (count: number) => {
    if (count === 0) return ''
    return count === 1 ? 'One placeholder is left.' : `${count} placeholders are left.`
  },
  notTried: 'Whether Google accepts it was not tried.',
  verdicts: {
    ok: 'Good',
    missing: 'Missing',
    obsolete: 'Obsolete',
    misspelt: 'Misspelt',
    wrong_value: 'Wrong value',
    unknown: 'Unknown',
    placeholder: 'Placeholder',
    mixed: 'Mixed',
    duplicate: 'Twice',
  } satisfies Record<Verdict, string>,
  sentences,
}
