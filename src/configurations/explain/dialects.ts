import type { Format } from '../formats.ts'

/** What a setting is, whatever a library calls it. */
export type Field =
  | 'clientId'
  | 'clientSecret'
  | 'refreshToken'
  | 'keyFilePath'
  | 'impersonatedEmail'
  | 'developerToken'
  | 'loginCustomerId'
  | 'linkedCustomerId'
  | 'customerId'
  | 'mode'
  | 'protoPlus'
  | 'scopes'
  | 'defaultCredentials'
  | 'authorization'

/** The names of one library (google-wire-facts D). */
export interface Dialect {
  names: Partial<Record<Field, string>>
  /** Earlier names, and names of the library's predecessor, each with the field it has become. Null: nothing took its place. */
  obsolete: Record<string, Field | null>
  /** Those of them that hold settings which stand at the top today. */
  oldSections?: readonly string[]
  /** Names it knows that have nothing to do with credentials. */
  others: readonly string[]
  /** Beside the credential itself. */
  required: readonly Field[]
  requiredWithKeyFile?: readonly Field[]
  /** It refuses to start without a developer token, which Google no longer looks at. */
  demandsDeveloperToken?: true
  /** A quote around a value becomes part of it. */
  keepsQuotes?: true
  /** It takes dashes out of a login customer itself. */
  dropsDashes?: true
  /** A program, which may call more than once, each time with settings of its own. */
  manyCalls?: true
  /** Sections a field must stand in. */
  sections?: Partial<Record<Field, string>>
}

const camel = {
  clientId: 'clientId',
  clientSecret: 'clientSecret',
  refreshToken: 'refreshToken',
  developerToken: 'developerToken',
  loginCustomerId: 'loginCustomerId',
  linkedCustomerId: 'linkedCustomerId',
}

const snake = {
  clientId: 'client_id',
  clientSecret: 'client_secret',
  refreshToken: 'refresh_token',
  developerToken: 'developer_token',
  loginCustomerId: 'login_customer_id',
  linkedCustomerId: 'linked_customer_id',
}

const oauth2 = {
  oAuth2ClientId: 'clientId',
  oAuth2ClientSecret: 'clientSecret',
  oAuth2RefreshToken: 'refreshToken',
} as const

const dotted = (prefix: string, names: Partial<Record<Field, string>>) =>
  Object.fromEntries(Object.entries(names).map(([field, name]) => [field, `${prefix}${name}`]))

export const dialects: Record<Format, Dialect> = {
  python: {
    names: {
      ...snake,
      keyFilePath: 'json_key_file_path',
      impersonatedEmail: 'impersonated_email',
      protoPlus: 'use_proto_plus',
      defaultCredentials: 'use_application_default_credentials',
    },
    obsolete: {
      path_to_private_key_file: 'keyFilePath',
      delegated_account: 'impersonatedEmail',
      client_customer_id: 'loginCustomerId',
      adwords: null,
      ad_manager: null,
      user_agent: null,
    },
    oldSections: ['adwords', 'ad_manager'],
    others: ['endpoint', 'logging', 'http_proxy', 'use_cloud_org_for_api_access', 'ads_assistant', 'proxy'],
    required: ['protoPlus'],
  },
  java: {
    names: dotted('api.googleads.', {
      ...camel,
      keyFilePath: 'serviceAccountSecretsPath',
      impersonatedEmail: 'serviceAccountUser',
      defaultCredentials: 'useApplicationDefaultCredentials',
    }),
    obsolete: {
      'api.googleads.jsonKeyFilePath': 'keyFilePath',
      'api.googleads.oAuth2SecretsJsonPath': 'keyFilePath',
      'api.googleads.impersonatedEmail': 'impersonatedEmail',
      'api.adwords.clientId': 'clientId',
      'api.adwords.clientSecret': 'clientSecret',
      'api.adwords.refreshToken': 'refreshToken',
      'api.adwords.developerToken': 'developerToken',
      'api.adwords.clientCustomerId': 'loginCustomerId',
      'api.adwords.jsonKeyFilePath': 'keyFilePath',
      'api.adwords.userAgent': null,
    },
    others: ['api.googleads.endpoint', 'api.googleads.maxInboundMessageSize', 'api.googleads.adsAssistant'],
    required: [],
    keepsQuotes: true,
  },
  dotnet: {
    names: {
      clientId: 'OAuth2ClientId',
      clientSecret: 'OAuth2ClientSecret',
      refreshToken: 'OAuth2RefreshToken',
      keyFilePath: 'OAuth2SecretsJsonPath',
      impersonatedEmail: 'OAuth2PrnEmail',
      developerToken: 'DeveloperToken',
      loginCustomerId: 'LoginCustomerId',
      linkedCustomerId: 'LinkedCustomerId',
      mode: 'OAuth2Mode',
      scopes: 'OAuth2Scope',
      defaultCredentials: 'UseApplicationDefaultCredentials',
    },
    obsolete: {
      ClientCustomerId: 'loginCustomerId',
      OAuth2JwtCertificatePath: 'keyFilePath',
      OAuth2ServiceAccountEmail: null,
      OAuth2JwtCertificatePassword: null,
      UserAgent: null,
    },
    others: [
      'UseCloudOrgForApiAccess',
      'Timeout',
      'MaxReceiveMessageLengthInBytes',
      'MaxMetadataSizeInBytes',
      'ProxyServer',
      'ProxyUser',
      'ProxyPassword',
      'ProxyDomain',
      'AuthorizationMethod',
      'EnableProfiling',
      'UseGrpcCore',
      'UseChannelCache',
      'LibraryIdentifierOverride',
      'GoogleAds.Server',
      'OAuth2RedirectUri',
    ],
    required: ['mode'],
    demandsDeveloperToken: true,
  },
  php: {
    names: { ...camel, keyFilePath: 'jsonKeyFilePath', impersonatedEmail: 'impersonatedEmail', scopes: 'scopes' },
    obsolete: { clientCustomerId: 'loginCustomerId', userAgent: null },
    others: [
      'useCloudOrgForApiAccess',
      'endpoint',
      'ads_assistant',
      'logFilePath',
      'logLevel',
      'proxy',
      'transport',
      'grpcChannelIsSecure',
    ],
    required: [],
    requiredWithKeyFile: ['scopes'],
    demandsDeveloperToken: true,
    sections: {
      developerToken: 'GOOGLE_ADS',
      loginCustomerId: 'GOOGLE_ADS',
      linkedCustomerId: 'GOOGLE_ADS',
      clientId: 'OAUTH2',
      clientSecret: 'OAUTH2',
      refreshToken: 'OAUTH2',
      keyFilePath: 'OAUTH2',
      impersonatedEmail: 'OAUTH2',
      scopes: 'OAUTH2',
    },
  },
  ruby: {
    names: {
      ...snake,
      keyFilePath: 'keyfile',
      impersonatedEmail: 'impersonate',
      defaultCredentials: 'use_application_default_credentials',
    },
    obsolete: {
      json_key_file_path: 'keyFilePath',
      oauth2_keyfile: 'keyFilePath',
      impersonated_email: 'impersonatedEmail',
      client_customer_id: 'loginCustomerId',
    },
    others: [
      'authentication',
      'use_cloud_org_for_api_access',
      'ads_assistant',
      'log_level',
      'log_target',
      'logger',
      'http_proxy',
      'treat_deprecation_warnings_as_errors',
      'warn_on_all_deprecations',
      'api_endpoint',
      'use_insecure_channel',
    ],
    required: [],
    demandsDeveloperToken: true,
  },
  perl: {
    names: { ...camel, keyFilePath: 'jsonKeyFilePath', impersonatedEmail: 'impersonatedEmail' },
    obsolete: { ...oauth2, clientCustomerId: 'loginCustomerId' },
    others: ['serviceAddress', 'userAgent', 'proxy'],
    required: [],
    demandsDeveloperToken: true,
    keepsQuotes: true,
    dropsDashes: true,
  },
  node: {
    names: { ...snake, customerId: 'customer_id', keyFilePath: 'keyFilename', scopes: 'scopes' },
    obsolete: { customer_account_id: 'customerId', keyFile: 'keyFilePath' },
    others: ['login-customer-id', 'grpc_channel_options', 'max_reporting_rows', 'disable_parsing', 'clientOptions'],
    required: [],
    demandsDeveloperToken: true,
    manyCalls: true,
  },
  curl: {
    names: {
      clientId: 'client_id',
      clientSecret: 'client_secret',
      refreshToken: 'refresh_token',
      developerToken: 'developer-token',
      loginCustomerId: 'login-customer-id',
      linkedCustomerId: 'linked-customer-id',
      customerId: 'customer_id',
      keyFilePath: 'KEY_FILE',
      authorization: 'Authorization',
    },
    obsolete: {},
    others: ['grant_type', 'assertion', 'Content-Type', 'Accept', 'redirect_uri', 'code', 'scope'],
    required: [],
    manyCalls: true,
  },
  env: {
    names: dotted('GOOGLE_ADS_', {
      clientId: 'CLIENT_ID',
      clientSecret: 'CLIENT_SECRET',
      refreshToken: 'REFRESH_TOKEN',
      keyFilePath: 'JSON_KEY_FILE_PATH',
      impersonatedEmail: 'IMPERSONATED_EMAIL',
      developerToken: 'DEVELOPER_TOKEN',
      loginCustomerId: 'LOGIN_CUSTOMER_ID',
      linkedCustomerId: 'LINKED_CUSTOMER_ID',
      mode: 'OAUTH2_MODE',
      protoPlus: 'USE_PROTO_PLUS',
      defaultCredentials: 'USE_APPLICATION_DEFAULT_CREDENTIALS',
    }),
    obsolete: {
      GOOGLE_ADS_PATH_TO_PRIVATE_KEY_FILE: 'keyFilePath',
      GOOGLE_ADS_DELEGATED_ACCOUNT: 'impersonatedEmail',
      GOOGLE_ADS_CLIENT_CUSTOMER_ID: 'loginCustomerId',
    },
    others: [
      'USE_APPLICATION_DEFAULT_CREDENTIALS',
      'GOOGLE_APPLICATION_CREDENTIALS',
      'GOOGLE_ADS_CONFIGURATION_FILE_PATH',
      'GOOGLE_ADS_ENDPOINT',
      'GOOGLE_ADS_MAX_INBOUND_MESSAGE_BYTES',
      'GOOGLE_ADS_LOGGING',
      'GOOGLE_ADS_HTTP_PROXY',
      'GOOGLE_ADS_USE_CLOUD_ORG_FOR_API_ACCESS',
      'GOOGLE_ADS_RUBY_LOG_LEVEL',
      'GOOGLE_ADS_RUBY_HTTP_PROXY',
      'GOOGLE_ADS_PERL_USER_AGENT',
      'GOOGLE_ADS_PERL_PROXY',
    ],
    required: [],
  },
}

export type Naming =
  | { kind: 'field'; field: Field }
  | { kind: 'other' }
  | { kind: 'obsolete'; field: Field | null; today: string | null }
  | { kind: 'misspelt' | 'other_library'; field: Field | null; right: string }
  | { kind: 'unknown' }

/** What names are to a library: its own, earlier ones, nearly its own, another library's, or none. Each is looked up once. */
export function namesOf(dialect: Dialect): (key: string) => Naming {
  const named = Object.entries(dialect.names) as [Field, string][]
  const known = [...named, ...dialect.others.map((name): [null, string] => [null, name])].map(([field, name]) => ({
    field,
    name,
    folded: fold(name),
  }))
  const foreign = Object.values(dialects)
    .flatMap(({ names }) => Object.entries(names) as [Field, string][])
    .map(([field, name]) => ({ field, right: dialect.names[field], folded: fold(name) }))
  const found = new Map<string, Naming>()

  return key => {
    const naming = found.get(key) ?? look(key)
    found.set(key, naming)
    return naming
  }

  function look(key: string): Naming {
    const own = known.find(({ name }) => name === key)
    if (own) return own.field === null ? { kind: 'other' } : { kind: 'field', field: own.field }
    if (Object.hasOwn(dialect.obsolete, key)) {
      const field = dialect.obsolete[key] ?? null
      return { kind: 'obsolete', field, today: field && (dialect.names[field] ?? null) }
    }
    const folded = fold(key)
    const same = known.find(each => each.folded === folded)
    if (same) return { kind: 'misspelt', field: same.field, right: same.name }
    const other = foreign.find(each => each.folded === folded && each.right !== undefined)
    if (other) return { kind: 'other_library', field: other.field, right: other.right ?? '' }
    const near = known.find(each => folded.length >= 6 && distance(each.folded, folded) <= 2)
    return near ? { kind: 'misspelt', field: near.field, right: near.name } : { kind: 'unknown' }
  }
}

/** Libraries differ in case, in what joins words, and in what they put before a name. */
function fold(name: string): string {
  return name
    .toLowerCase()
    .replace(/^api\.googleads\.|^google_ads_|[^a-z0-9]/g, '')
    .replace(/^googleads(?=.)/, '')
    .replace(/^oauth2/, '')
}

/** Levenshtein's. */
function distance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 2) return 3
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [above, letter] of [...left].entries()) {
    const next = [above + 1]
    for (const [index, other] of [...right].entries()) {
      next.push(
        Math.min((row[index] ?? 0) + (letter === other ? 0 : 1), (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1),
      )
    }
    row = next
  }
  return row[right.length] ?? 0
}
