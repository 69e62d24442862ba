import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { parse as parseIni } from 'ini'
import { jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  type ClientConfiguration,
  type ConfigurationFile,
  type ConfigurationNotes,
  placeholders,
  type UserCredential,
} from '../../src/configurations/configuration.ts'
import { accessTokenScript } from '../../src/configurations/formats/curl.ts'
import { files, formats } from '../../src/configurations/formats.ts'
import { en } from '../../src/messages/en.ts'
import {
  has,
  type Read,
  readJson,
  readNode,
  readPerl,
  readPhpIni,
  readPhpItself,
  readProperties,
  readRuby,
  readRubyItself,
  readShell,
  readXml,
  readYaml,
  runCurl,
} from './readers.ts'

const notes: ConfigurationNotes = {
  where: 'Here.',
  keyFile: email => `The key of ${email}.`,
  impersonation: key => `${key} is not there.`,
  noServiceAccounts: 'No service accounts.',
  developerToken: 'No token.',
  unwritable: key => `${key} is left out.`,
}

const user: UserCredential = {
  kind: 'user',
  clientId: 'id.apps.googleusercontent.com',
  clientSecret: placeholders.clientSecret,
  refreshToken: placeholders.refreshToken,
}

const plain: ClientConfiguration = {
  credential: user,
  developerToken: null,
  loginCustomerId: '1234567890',
  customerId: '9876543210',
  apiVersion: 'v25',
}

function holding(value: string): ClientConfiguration {
  const secret = { revealed: value }
  const credential = { ...user, clientId: value, clientSecret: secret, refreshToken: secret }
  return { ...plain, credential, developerToken: secret }
}

/** As a service account. The address stands in comments only, so whatever it holds must not end one. */
function signing(keyFilePath: string, email = keyFilePath): ClientConfiguration {
  return { ...plain, credential: { kind: 'service_account', keyFilePath, email } }
}

interface Case {
  format: string
  file: ConfigurationFile
  read: Read
  /** The library's own names, in the order client id, secret, refresh token, developer token, login customer. */
  keys: [string, string, string, string, string]
  /** The key that names the key file. */
  keyFile: string
  /** What the format has no notation for. */
  cannot: RegExp
}

const snake: Case['keys'] = ['client_id', 'client_secret', 'refresh_token', 'developer_token', 'login_customer_id']
const camel: Case['keys'] = ['clientId', 'clientSecret', 'refreshToken', 'developerToken', 'loginCustomerId']
const pascal: Case['keys'] = [
  'OAuth2ClientId',
  'OAuth2ClientSecret',
  'OAuth2RefreshToken',
  'DeveloperToken',
  'LoginCustomerId',
]
const never = /(?!)/
const control = /[^\t\n\r\u0020-\uFFFD]/
const [xml, json] = [files.dotnet[0], files.dotnet[1] as ConfigurationFile]

const cases: Case[] = [
  {
    format: 'Java properties, by the rules of java.util.Properties',
    file: files.java[0],
    read: readProperties,
    keys: camel.map(key => `api.googleads.${key}`) as Case['keys'],
    keyFile: 'api.googleads.serviceAccountSecretsPath',
    cannot: never,
  },
  {
    format: 'C# App.config, by fast-xml-parser',
    file: xml,
    read: readXml,
    keys: pascal,
    keyFile: 'OAuth2SecretsJsonPath',
    cannot: control,
  },
  {
    format: 'C# appsettings.json, by JSON.parse',
    file: json,
    read: readJson,
    keys: pascal,
    keyFile: 'OAuth2SecretsJsonPath',
    cannot: never,
  },
  {
    format: 'PHP ini, by the rules of its scanner (no php needed)',
    file: files.php[0],
    read: readPhpIni,
    keys: camel,
    keyFile: 'jsonKeyFilePath',
    cannot: /\0/,
  },
  {
    format: 'Python yaml, by yaml',
    file: files.python[0],
    read: readYaml,
    keys: snake,
    keyFile: 'json_key_file_path',
    cannot: never,
  },
  {
    format: 'Ruby, by the rules of its string literals (no ruby needed)',
    file: files.ruby[0],
    read: readRuby,
    keys: snake,
    keyFile: 'keyfile',
    cannot: never,
  },
  {
    format: 'Perl, by perl',
    file: files.perl[0],
    read: readPerl,
    keys: camel,
    keyFile: 'jsonKeyFilePath',
    cannot: /[\r\n\0]/,
  },
  {
    format: 'Node, by node:vm',
    file: files.node[0],
    read: readNode,
    keys: snake,
    keyFile: 'keyFilename',
    cannot: never,
  },
  {
    format: 'environment variables, by bash',
    file: files.env[0],
    read: readShell,
    keys: snake.map(key => `GOOGLE_ADS_${key.toUpperCase()}`) as Case['keys'],
    keyFile: 'GOOGLE_ADS_JSON_KEY_FILE_PATH',
    cannot: /\0/,
  },
  {
    format: 'curl, by sh',
    file: files.curl[0],
    read: text => {
      const { token, query, variables } = runCurl(text)
      const sent = (list: string[], prefix: string) => list.find(each => each.startsWith(prefix))?.slice(prefix.length)
      return Object.fromEntries(
        Object.entries({
          client_id: sent(token, 'client_id='),
          client_secret: sent(token, 'client_secret='),
          refresh_token: sent(token, 'refresh_token='),
          developer_token: sent(query, 'developer-token: '),
          login_customer_id: sent(query, 'login-customer-id: '),
          KEY_FILE: variables.KEY_FILE,
        }).filter((entry): entry is [string, string] => Boolean(entry[1])),
      )
    },
    keys: snake,
    keyFile: 'KEY_FILE',
    cannot: /\0/,
  },
]

const hostile = [
  `it's "quoted"`,
  `''"'"'`,
  'back\\slash\\',
  '\\\\"',
  '\\\\\\"',
  "\\'",
  '#{`id`} #$0 #@a',
  '$' + '{HOME} $HOME $(rm -rf /) `id`',
  'two\nlines',
  'carriage\r\nreturn',
  '\ttab\f',
  'a=b;c:d#e!f',
  ' leading and trailing ',
  '   ',
  'Ünïcødé 漢字 😀 \u2028\u0085\u00a0\ufeff',
  '--> ]]> </script> </value> &amp; <!--',
  '%PATH% %s {{x}} <%= 1 %>',
  'null',
  'true',
  '0123',
  '~',
  '- a: [b] {c} | > & * ! @ ,',
  '=begin\n__END__\n=end',
  '\u0000\u0001\u001b\u007f',
]

describe.each(cases)('$format', ({ file, read, keys, keyFile, cannot }) => {
  const [clientId, clientSecret, refreshToken, developerToken, loginCustomerId] = keys

  function comesBack(value: string) {
    const read_ = read(file.render(holding(value), notes))
    const expected = cannot.test(value) ? undefined : value
    for (const key of [clientId, clientSecret, refreshToken, developerToken]) expect(read_[key], key).toBe(expected)
    expect(read_[loginCustomerId]).toBe('1234567890')
    const signed = read(file.render(signing(value), notes))
    expect(signed[keyFile], keyFile).toBe(expected)
    expect(signed[loginCustomerId]).toBe('1234567890')
  }

  it.each([...hostile, 'ends in \u0001', 'ends in \u0002'])('gives back %j', comesBack)

  it('gives back any text', () => {
    const pieces = fc.constantFrom(...hostile.join(''), '\\', '"', "'", '$', '{', '#', '\n', '=', ' ')
    const text = fc.oneof(
      fc.array(pieces, { minLength: 1, maxLength: 12 }).map(list => list.join('')),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    )
    fc.assert(
      fc.property(
        text.filter(each => !/\p{Cs}/u.test(each)),
        comesBack,
      ),
      {
        numRuns: read === readShell || read === readPerl || /sh$/.test(file.name) ? 30 : 1000,
      },
    )
  })

  it('says in the file which value it could not carry', () => {
    const value = ['\n', '\0', '\u0001'].find(each => cannot.test(each))
    if (value === undefined) return
    expect(file.render(holding(value), notes)).toMatch(/is left out\./)
  })

  it('has the path of a key file, or a consent, and never both', () => {
    const path = 'INSERT_PATH_TO_KEY_FILE_HERE'
    const signed = read(file.render(signing(path, 'robot@project.iam.example.com'), notes))
    expect(signed).toMatchObject({ [keyFile]: path, [loginCustomerId]: '1234567890' })
    for (const key of [clientId, clientSecret, refreshToken]) expect(signed[key], key).toBeUndefined()
    expect(read(file.render(plain, notes))[keyFile]).toBeUndefined()
  })

  it('has placeholders for the secrets, and no login customer where none was chosen', () => {
    const values = read(file.render({ ...plain, loginCustomerId: null }, notes))
    expect(values[clientId]).toBe(user.clientId)
    expect(values[clientSecret]).toBe('INSERT_CLIENT_SECRET_HERE')
    expect(values[refreshToken]).toBe('INSERT_REFRESH_TOKEN_HERE')
    expect(Object.hasOwn(values, loginCustomerId)).toBe(false)
  })
})

describe.each([
  { command: 'php', read: readPhpItself, file: files.php[0], key: 'clientId' },
  { command: 'ruby', read: readRubyItself, file: files.ruby[0], key: 'client_id' },
])('where $command is installed', ({ command, read, file, key }) => {
  it.runIf(has(command)).each(hostile.filter(value => !value.includes('\0')))('it gives back %j', value => {
    expect(read(file.render(holding(value), notes))[key]).toBe(value)
  })
})

it.each(hostile.filter(value => !/["'\n\r\u2028]|^(?:null|true|0123)$/.test(value)))(
  'npm ini, which has rules of its own, reads the PHP file with %j as well',
  value => {
    const { GOOGLE_ADS, OAUTH2 } = parseIni(files.php[0].render(holding(value.trim() || 'x'), notes))
    expect(OAUTH2?.clientId).toBe(/\0/.test(value) ? undefined : value.trim() || 'x')
    expect(GOOGLE_ADS?.loginCustomerId).toBe('1234567890')
  },
)

it('a developer token is asked for only by the libraries that still demand one', () => {
  const asking = formats.filter(format => files[format][0].render(plain, notes).includes('INSERT_DEVELOPER_TOKEN_HERE'))
  expect(asking.sort()).toEqual(['dotnet', 'node', 'perl', 'php', 'ruby'])
})

it('a service account in PHP names its scope, in C# its mode', () => {
  const signed = signing('key.json', 'robot@project.iam.example.com')
  expect(readPhpIni(files.php[0].render(signed, notes)).scopes).toBe('https://www.googleapis.com/auth/adwords')
  expect(readXml(xml.render(signed, notes)).OAuth2Mode).toBe('SERVICE_ACCOUNT')
  expect(readJson(json.render(signed, notes)).OAuth2Mode).toBe('SERVICE_ACCOUNT')
  expect(readShell(files.env[0].render(signed, notes)).GOOGLE_ADS_OAUTH2_MODE).toBe('SERVICE_ACCOUNT')
})

it('curl signs with the key file itself, and sends Google a grant that its public key verifies', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = {
    type: 'service_account',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'robot@project.iam.example.com',
  }
  const path = join(mkdtempSync(join(tmpdir(), "keyring key's-")), 'key.json')
  for (const text of [JSON.stringify(key, null, 2), JSON.stringify(key)]) {
    writeFileSync(path, text)
    const { token, query } = runCurl(files.curl[0].render(signing(path, key.client_email), notes))
    expect(token).toContain('grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer')
    const assertion = token.find(each => each.startsWith('assertion='))?.slice('assertion='.length) ?? ''
    const { payload, protectedHeader } = await jwtVerify(assertion, publicKey, {
      issuer: key.client_email,
      audience: 'https://oauth2.googleapis.com/token',
    })
    expect(protectedHeader.alg).toBe('RS256')
    expect(payload.scope).toBe('https://www.googleapis.com/auth/adwords')
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600)
    expect(query).toContain('Authorization: Bearer from-google')
  }
})

it('for a service account Node asks the REST interface, which its usual library cannot', () => {
  const text = files.node[0].render(signing('key.json', 'robot@project.iam.example.com'), notes)
  expect(text).not.toContain('GoogleAdsApi')
  expect(text).toContain('// No service accounts.')
})

it('an access token of an hour is asked for with an API key, and used for the same query', () => {
  const url = 'https://keyring.example.com/api/v1/connections/c1/access-token'
  const { token, query } = runCurl(accessTokenScript(plain, { url, apiKey: "it's $(mine)" }, notes))
  expect(token).toEqual(['-sS', '-X', 'POST', url, '-H', "Authorization: Bearer it's $(mine)"])
  expect(query).toContain('Authorization: Bearer from-google')
  expect(query).toContain('login-customer-id: 1234567890')
})

it('Python is told to use proto-plus, C# which kind of sign-in', () => {
  expect(readYaml(files.python[0].render(plain, notes)).use_proto_plus).toBe(true)
  expect(readXml(xml.render(plain, notes)).OAuth2Mode).toBe('APPLICATION')
  expect(readShell(files.env[0].render(plain, notes))).toMatchObject({
    GOOGLE_ADS_OAUTH2_MODE: 'APPLICATION',
    GOOGLE_ADS_USE_PROTO_PLUS: 'True',
  })
})

it('curl asks the configured version for the account, with the access token the first request gave', () => {
  const { token, query } = runCurl(files.curl[0].render(plain, notes))
  expect(token).toContain('https://oauth2.googleapis.com/token')
  expect(token).toContain('grant_type=refresh_token')
  expect(query).toContain('https://googleads.googleapis.com/v25/customers/9876543210/googleAds:searchStream')
  expect(query).toContain('Authorization: Bearer from-google')
})

it.each(formats.flatMap(format => files[format].map(file => ({ format, file }))))(
  '$file.name stays readable with the comments it ships with, and says where it goes',
  ({ format, file }) => {
    const own = en.configuration.notesFor(format, file.name)
    expect(own.where).toContain(file.name)
    for (const line of [own.where, own.developerToken]) expect(line).not.toMatch(/[\n\r]|--/)
    const read = cases.find(each => each.file === file)?.read
    for (const each of [plain, signing('key.json', 'robot@project.iam.example.com')]) {
      expect(read?.(file.render(each, own))).toEqual(read?.(file.render(each, notes)))
    }
    for (const line of [own.keyFile('a@b.example'), own.impersonation('key'), own.noServiceAccounts]) {
      expect(line).not.toMatch(/[\n\r]|--/)
    }
  },
)
