import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClientConfiguration, placeholders } from '../../src/configurations/configuration.ts'
import { readConfiguration } from '../../src/configurations/explain/read-configuration.ts'
import type { LineFinding } from '../../src/configurations/explain/reading.ts'
import { accessTokenScript } from '../../src/configurations/formats/curl.ts'
import { type Format, files, formats } from '../../src/configurations/formats.ts'
import { en } from '../../src/messages/en.ts'

const secrets = {
  clientId: '407408718192-abcdef.apps.googleusercontent.com',
  clientSecret: 'GOCSPX-9aZsecretSECRETsecret42x7',
  refreshToken: '1//0gHiddenTOKENhiddenTOKENhiddenTOKEN-x_y',
}

const user: ClientConfiguration = {
  credential: {
    kind: 'user',
    clientId: secrets.clientId,
    clientSecret: { revealed: secrets.clientSecret },
    refreshToken: { revealed: secrets.refreshToken },
  },
  developerToken: null,
  loginCustomerId: '1234567890',
  customerId: '9876543210',
  apiVersion: 'v25',
}

const robot: ClientConfiguration = {
  ...user,
  credential: { kind: 'service_account', keyFilePath: '/etc/keys/ads.json', email: 'robot@project.iam.example.com' },
}

const shipped = formats.flatMap(format => files[format].map(file => ({ format, file, name: file.name })))

function written(format: Format, configuration = user, index = 0): string {
  const file = files[format][index] ?? files[format][0]
  return file.render(configuration, en.configuration.notesFor(format, file.name))
}

/** The findings that are neither good nor the placeholder that may stay. */
function findings(text: string, format: Format | null = null): LineFinding[] {
  return readConfiguration(text, format).findings.filter(
    ({ verdict, reason }) => verdict !== 'ok' && reason !== 'placeholder_developer_token',
  )
}

describe.each(shipped)('$name, as it is written here', ({ format, file }) => {
  const notes = en.configuration.notesFor(format, file.name)
  const render = (configuration: ClientConfiguration) => file.render(configuration, notes)

  it('is recognised and explained as clean, and gives its credential back', () => {
    const reading = readConfiguration(render(user), null)
    expect(reading).toMatchObject({ format, kind: 'user', clean: true })
    expect(reading.credential).toMatchObject({ kind: 'user', ...secrets, loginCustomerId: '1234567890' })
    const allowed = ['ok', 'placeholder']
    for (const finding of reading.findings) expect(allowed, JSON.stringify(finding)).toContain(finding.verdict)
  })

  it('is as clean for a service account', () => {
    const reading = readConfiguration(render(robot), null)
    expect(reading).toMatchObject({ format, kind: 'service_account', clean: true })
    expect(reading.credential).toMatchObject({ kind: 'service_account', keyFilePath: '/etc/keys/ads.json' })
  })

  it('is clean whatever is chosen and whatever is still a placeholder, and then gives no credential', () => {
    const secret = { revealed: secrets.clientSecret }
    const choice = fc.record({
      developerToken: fc.constantFrom(null, placeholders.developerToken, { revealed: 'abcdefghijklmnopqrstuv' }),
      loginCustomerId: fc.constantFrom(null, '1234567890' as const),
      customerId: fc.constantFrom(null, '9876543210' as const),
      credential: fc.constantFrom<ClientConfiguration['credential']>(
        { kind: 'user', clientId: secrets.clientId, clientSecret: secret, refreshToken: placeholders.refreshToken },
        { kind: 'service_account', keyFilePath: placeholders.keyFilePath.placeholder, email: 'a@b.example' },
      ),
    })
    fc.assert(
      fc.property(choice, each => {
        const { clean, credential } = readConfiguration(render({ ...each, apiVersion: 'v25' }), null)
        expect({ clean, credential }).toEqual({ clean: true, credential: null })
      }),
    )
  })

  it('can be followed by its line numbers with nothing secret in it', () => {
    const text = render(user)
    const { masked } = readConfiguration(text, null)
    expect(masked.split('\n')).toHaveLength(text.split('\n').length)
    expect(masked).toContain('7890')
    expect(masked).not.toContain('1234567890')
    for (const secret of Object.values(secrets)) expect(masked).not.toContain(secret)
  })

  it('never repeats a secret, however the text was broken', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9]{12,24}$/)
    const broken = fc.tuple(
      word,
      fc.nat(),
      fc.nat(),
      fc.constantFrom('', '"', "'", '\n', '=', ':', '#', '{', '<', '\\', '`', '$(', '<!--'),
    )
    fc.assert(
      fc.property(broken, fc.constantFrom(...formats, null), ([secret, cut, at, piece], chosen) => {
        const revealed = { revealed: secret }
        const text = render({
          ...user,
          credential: { kind: 'user', clientId: secret, clientSecret: revealed, refreshToken: revealed },
          developerToken: revealed,
        })
        const place = at % text.length
        const hurt = (text.slice(0, place) + piece + text.slice(place)).slice(cut % 40)
        const { credential: _, ...shown } = readConfiguration(hurt, chosen)
        const part = secret.slice(0, 8)
        expect(JSON.stringify(shown)).not.toContain(part)
      }),
      { numRuns: 300 },
    )
  })
})

/** Values a careful reader of each format gives back as they are. */
const hostile = [
  `it's "quoted"`,
  'back\\slash\\',
  '#{`id`} #$0 #@a',
  '$' + '{HOME} $HOME $(rm -rf /) `id`',
  'two\nlines',
  'a=b;c:d#e!f',
  'Ünïcødé 漢字 😀',
  '--> ]]> </script> &amp; <!--',
  '%PATH% {{x}} <%= 1 %>',
]
const cannot: Partial<Record<Format, RegExp>> = { perl: /\n/ }

describe.each(shipped)('$name, with hostile values', ({ format, file }) => {
  it.each(hostile.filter(value => !cannot[format]?.test(value)))('gives %j back and shows none of it', value => {
    const revealed = { revealed: value }
    const credential = { kind: 'user' as const, clientId: value, clientSecret: revealed, refreshToken: revealed }
    const text = file.render({ ...user, credential }, en.configuration.notesFor(format, file.name))
    const reading = readConfiguration(text, format)
    expect(reading.credential).toMatchObject({ clientId: value, clientSecret: value, refreshToken: value })
    expect(reading.masked).not.toContain(value)
    expect(JSON.stringify(reading.findings)).not.toContain(value)
  })
})

interface Own {
  clientSecret: string
  refreshToken: string
  loginCustomerId: string
  keyFile: string
  add: (text: string, key: string, value: string) => string
}

const end = (line: (key: string, value: string) => string) => (text: string, key: string, value: string) =>
  `${text}${line(key, value)}\n`
const before =
  (mark: string, line: (key: string, value: string) => string) => (text: string, key: string, value: string) =>
    text.replace(mark, () => `${line(key, value)}\n${mark}`)

const names: Record<Format, Own> = {
  python: {
    clientSecret: 'client_secret',
    refreshToken: 'refresh_token',
    loginCustomerId: 'login_customer_id',
    keyFile: 'json_key_file_path',
    add: end((key, value) => `${key}: "${value}"`),
  },
  java: {
    clientSecret: 'api.googleads.clientSecret',
    refreshToken: 'api.googleads.refreshToken',
    loginCustomerId: 'api.googleads.loginCustomerId',
    keyFile: 'api.googleads.serviceAccountSecretsPath',
    add: end((key, value) => `${key}=${value}`),
  },
  dotnet: {
    clientSecret: 'OAuth2ClientSecret',
    refreshToken: 'OAuth2RefreshToken',
    loginCustomerId: 'LoginCustomerId',
    keyFile: 'OAuth2SecretsJsonPath',
    add: before('  </GoogleAdsApi>', (key, value) => `    <add value="${value}" key="${key}"/>`),
  },
  php: {
    clientSecret: 'clientSecret',
    refreshToken: 'refreshToken',
    loginCustomerId: 'loginCustomerId',
    keyFile: 'jsonKeyFilePath',
    add: end((key, value) => `${key} = "${value}"`),
  },
  ruby: {
    clientSecret: 'client_secret',
    refreshToken: 'refresh_token',
    loginCustomerId: 'login_customer_id',
    keyFile: 'keyfile',
    add: before('\nend', (key, value) => `\n  c.${key} = '${value}'`),
  },
  perl: {
    clientSecret: 'clientSecret',
    refreshToken: 'refreshToken',
    loginCustomerId: 'loginCustomerId',
    keyFile: 'jsonKeyFilePath',
    add: end((key, value) => `${key}=${value}`),
  },
  node: {
    clientSecret: 'client_secret',
    refreshToken: 'refresh_token',
    loginCustomerId: 'login_customer_id',
    keyFile: 'keyFilename',
    add: before('})\n\nexport', (key, value) => `  ${key}: '${value}',`),
  },
  curl: {
    clientSecret: 'client_secret',
    refreshToken: 'refresh_token',
    loginCustomerId: 'login-customer-id',
    keyFile: 'KEY_FILE',
    add: (text, key, value) =>
      key === 'KEY_FILE'
        ? `KEY_FILE='${value}'\n${text}`
        : text.replace(/ {2}--data-urlencode 'grant_type/, whole =>
            key.includes('-') ? `  -H '${key}: ${value}' \\\n${whole}` : `  -d '${key}=${value}' \\\n${whole}`,
          ),
  },
  env: {
    clientSecret: 'GOOGLE_ADS_CLIENT_SECRET',
    refreshToken: 'GOOGLE_ADS_REFRESH_TOKEN',
    loginCustomerId: 'GOOGLE_ADS_LOGIN_CUSTOMER_ID',
    keyFile: 'GOOGLE_ADS_JSON_KEY_FILE_PATH',
    add: end((key, value) => `export ${key}='${value}'`),
  },
}

describe.each(formats)('in %s is found', format => {
  const { clientSecret, refreshToken, loginCustomerId, keyFile, add } = names[format]
  const text = () => written(format)
  const lineOf = (whole: string, part: string) => whole.slice(0, whole.indexOf(part)).split('\n').length

  it('a key that is missing', () => {
    const line = format === 'curl' ? '"refresh_token=$REFRESH_TOKEN"' : new RegExp(`^.*${refreshToken}.*\n`, 'm')
    const without = text().replace(line, format === 'curl' ? "'x=y'" : '')
    expect(findings(without, format)).toContainEqual(
      expect.objectContaining({ line: null, key: refreshToken, verdict: 'missing', reason: 'missing' }),
    )
    expect(readConfiguration(without, format).credential).toBeNull()
  })

  it('a name with a letter missing, on its line, and its value all the same', () => {
    const misspelt = refreshToken.replace(/(?<=re)f/i, '')
    const whole = text().replaceAll(refreshToken, misspelt)
    const reading = readConfiguration(whole, format)
    expect(reading.findings).toContainEqual({
      line: format === 'curl' ? lineOf(whole, 'REFRESH_TOKEN=') : lineOf(whole, misspelt),
      key: misspelt,
      verdict: 'misspelt',
      reason: 'misspelt',
      params: { right: refreshToken },
    })
    expect(reading.credential).toMatchObject(secrets)
  })

  it('a login customer with dashes, or of another length', () => {
    const dashed = findings(text().replace('1234567890', '123-456-7890'), format)
    expect(dashed.map(({ reason }) => reason)).toEqual(format === 'perl' ? [] : ['dashes'])
    expect(findings(text().replace('1234567890', '12345'), format)).toMatchObject([
      { verdict: 'wrong_value', reason: 'not_ten_digits' },
    ])
  })

  it.each(['INSERT_REFRESH_TOKEN_HERE', 'YOUR_REFRESH_TOKEN', '<refresh token>', 'xxxxxxxxxx'])(
    'a placeholder left in: %s',
    left => {
      const value = files[format][0].name === 'App.config' ? left.replace('<', '&lt;').replace('>', '&gt;') : left
      const reading = readConfiguration(text().replace(secrets.refreshToken, value), format)
      expect(reading.findings).toContainEqual(
        expect.objectContaining({ verdict: 'placeholder', reason: 'placeholder' }),
      )
    },
  )

  it('a key file beside a consent', () => {
    const reading = readConfiguration(add(text(), keyFile, '/etc/key.json'), format)
    expect(reading).toMatchObject({ kind: 'mixed', clean: false, credential: null })
    expect(reading.findings).toContainEqual(expect.objectContaining({ key: keyFile, verdict: 'mixed' }))
  })

  it('a key that is there twice', () => {
    const twice = findings(add(text(), loginCustomerId, '1234567890'), format)
    // A program may call twice, each time through a login customer of its own.
    if (format === 'node' || format === 'curl') expect(twice).toEqual([])
    else
      expect(twice).toMatchObject([
        { key: loginCustomerId, verdict: 'duplicate', params: { line: expect.any(String) } },
      ])
  })

  it.each([
    ['client_secret_shape', clientSecret, secrets.clientSecret, 'hunter2'],
    ['client_id_shape', 'lient', secrets.clientId, 'my-project'],
    ['refresh_token_shape', refreshToken, secrets.refreshToken, 'short'],
    ['access_token', refreshToken, secrets.refreshToken, `ya29.${'a'.repeat(60)}`],
    ['authorization_code', refreshToken, secrets.refreshToken, `4/0A${'a'.repeat(60)}`],
    ['empty', clientSecret, secrets.clientSecret, ''],
  ])('%s', (reason, key, value, wrong) => {
    expect(findings(text().replace(value, wrong), format)).toMatchObject([
      { key: expect.stringMatching(new RegExp(key, 'i')), verdict: 'wrong_value', reason },
    ])
  })

  it('a name it does not know, which is not repeated', () => {
    const found = findings(add(text(), 'GOOGLE_frobnicate', 'x'), format)
    expect(found).toMatchObject([{ key: null, verdict: 'unknown', reason: 'unknown' }])
  })

  it('a key instead of the path to it', () => {
    const pasted = written(format, robot).replace('/etc/keys/ads.json', '-----BEGIN PRIVATE KEY----- MIIE')
    const reading = readConfiguration(pasted, format)
    expect(reading.findings).toContainEqual(expect.objectContaining({ key: keyFile, reason: 'key_itself' }))
    expect(reading.masked).not.toContain('MIIE')
  })
})

it.each<[Format, string, string | null]>([
  ['python', 'path_to_private_key_file', 'json_key_file_path'],
  ['python', 'delegated_account', 'impersonated_email'],
  ['python', 'client_customer_id', 'login_customer_id'],
  ['python', 'user_agent', null],
  ['java', 'api.googleads.jsonKeyFilePath', 'api.googleads.serviceAccountSecretsPath'],
  ['java', 'api.googleads.impersonatedEmail', 'api.googleads.serviceAccountUser'],
  ['java', 'api.adwords.clientCustomerId', 'api.googleads.loginCustomerId'],
  ['dotnet', 'OAuth2JwtCertificatePath', 'OAuth2SecretsJsonPath'],
  ['dotnet', 'ClientCustomerId', 'LoginCustomerId'],
  ['php', 'clientCustomerId', 'loginCustomerId'],
  ['ruby', 'json_key_file_path', 'keyfile'],
  ['ruby', 'impersonated_email', 'impersonate'],
  ['perl', 'oAuth2ClientId', 'clientId'],
  ['node', 'customer_account_id', 'customer_id'],
  ['env', 'GOOGLE_ADS_PATH_TO_PRIVATE_KEY_FILE', 'GOOGLE_ADS_JSON_KEY_FILE_PATH'],
  ['env', 'GOOGLE_ADS_DELEGATED_ACCOUNT', 'GOOGLE_ADS_IMPERSONATED_EMAIL'],
])('%s: %s is an earlier name of %s', (format, old, today) => {
  const found = findings(names[format].add(written(format), old, 'x@y.example'), format)
  expect(found).toContainEqual(
    expect.objectContaining({ key: old, verdict: 'obsolete', params: today === null ? {} : { right: today } }),
  )
})

it.each<[Format, string, string]>([
  ['node', 'clientId', 'client_id'],
  ['node', 'loginCustomerId', 'login_customer_id'],
  ['java', 'client_id', 'api.googleads.clientId'],
  ['java', 'clientId', 'api.googleads.clientId'],
  ['python', 'clientId', 'client_id'],
  ['python', 'serviceAccountSecretsPath', 'json_key_file_path'],
  ['python', 'GOOGLE_ADS_CLIENT_ID', 'client_id'],
  ['php', 'client_id', 'clientId'],
  ['php', 'json_key_file_path', 'jsonKeyFilePath'],
  ['ruby', 'clientId', 'client_id'],
  ['perl', 'login_customer_id', 'loginCustomerId'],
  ['dotnet', 'client_id', 'OAuth2ClientId'],
  ['dotnet', 'oauth2clientid', 'OAuth2ClientId'],
  ['dotnet', 'json_key_file_path', 'OAuth2SecretsJsonPath'],
  ['curl', 'login_customer_id', 'login-customer-id'],
])('%s: %s is written as another library has it, for %s', (format, wrong, right) => {
  const found = findings(names[format].add('', wrong, 'x') || names[format].add(written(format), wrong, 'x'), format)
  expect(found).toContainEqual(expect.objectContaining({ key: wrong, verdict: 'misspelt', params: { right } }))
})

describe('each library’s own trap', () => {
  it('Python without use_proto_plus, or with something else than true or false', () => {
    const text = written('python')
    expect(findings(text.replace(/use_proto_plus.*\n/, ''))).toMatchObject([
      { key: 'use_proto_plus', verdict: 'missing' },
    ])
    expect(findings(text.replace('True', 'perhaps'))).toMatchObject([{ reason: 'boolean_shape' }])
  })

  it('Python with the sections of the AdWords library', () => {
    const reading = readConfiguration(`adwords:\n  client_id: ${secrets.clientId}\n  developer_token: abc\n`, null)
    expect(reading.format).toBe('python')
    expect(reading.findings).toContainEqual(
      expect.objectContaining({ line: 1, key: 'adwords', verdict: 'obsolete', reason: 'obsolete_section' }),
    )
    expect(reading.findings).toContainEqual(expect.objectContaining({ line: 2, key: 'client_id', verdict: 'ok' }))
  })

  it.each([0, 1])('C# without OAuth2Mode, or with the wrong one (file %i)', index => {
    const text = written('dotnet', user, index)
    expect(findings(text.replace(/.*OAuth2Mode.*\n/, ''))).toMatchObject([{ key: 'OAuth2Mode', verdict: 'missing' }])
    expect(findings(text.replace('APPLICATION', 'SERVICE_ACCOUNT'))).toMatchObject([
      { key: 'OAuth2Mode', reason: 'mode_mismatch', params: { right: 'APPLICATION' } },
    ])
    expect(findings(text.replace('APPLICATION', 'INSTALLED'))).toMatchObject([{ reason: 'mode_unknown' }])
  })

  it('C# without the section, with comments in its JSON, and with a document type in its XML', () => {
    expect(findings('{ "OAuth2Mode": "APPLICATION" }')).toContainEqual(
      expect.objectContaining({ reason: 'section_missing' }),
    )
    const commented = written('dotnet', user, 1).replace('{', '{ // https://example.com "quoted"\n/* more */')
    expect(readConfiguration(commented, null).clean).toBe(true)
    const entity = written('dotnet').replace('?>', '?>\n<!DOCTYPE configuration [<!ENTITY e "x">]>')
    expect(findings(entity)).toContainEqual(expect.objectContaining({ reason: 'syntax' }))
  })

  it('.NET’s variable for application default credentials, which alone has no prefix', () => {
    const reasons = (text: string) => readConfiguration(text, 'env').findings.map(({ reason }) => reason)
    expect(reasons('USE_APPLICATION_DEFAULT_CREDENTIALS=true\n')).toContain('default_credentials_without_prefix')
    expect(reasons('GOOGLE_ADS_USE_APPLICATION_DEFAULT_CREDENTIALS=true\n')).toContain(
      'default_credentials_with_prefix',
    )
    expect(reasons(`${written('env')}GOOGLE_ADS_USE_APPLICATION_DEFAULT_CREDENTIALS=true\n`)).toContain(
      'default_credentials',
    )
  })

  it('PHP without scopes beside a key file, and with a key under the wrong heading', () => {
    const text = written('php', robot)
    expect(findings(text.replace(/scopes.*\n/, ''))).toContainEqual(
      expect.objectContaining({ key: 'scopes', verdict: 'missing' }),
    )
    expect(findings(text.replace('auth/adwords', 'auth/analytics'))).toContainEqual(
      expect.objectContaining({ reason: 'scope_missing' }),
    )
    const moved = written('php').replace('[OAUTH2]', '').replace('[GOOGLE_ADS]', '[OAUTH2]')
    expect(findings(moved)).toContainEqual(
      expect.objectContaining({ key: 'loginCustomerId', reason: 'wrong_section', params: { right: 'GOOGLE_ADS' } }),
    )
  })

  it.each<Format>(['java', 'perl'])('%s keeps quotes as part of a value', format => {
    const text = written(format).replace(secrets.clientSecret, `"${secrets.clientSecret}"`)
    expect(findings(text)).toMatchObject([{ key: names[format].clientSecret, reason: 'quotes_kept' }])
  })

  it('Perl keeps blanks around a value', () => {
    expect(findings(written('perl').replace('clientSecret=', 'clientSecret = '))).toMatchObject([
      { reason: 'blanks_around' },
    ])
  })

  it.each<Format>(['dotnet', 'php', 'ruby', 'perl', 'node'])('%s still demands a developer token', format => {
    const without = written(format).replace(/^.*developer_?token.*(?:INSERT_DEVELOPER_TOKEN_HERE).*\n/im, '')
    expect(findings(without)).toMatchObject([{ verdict: 'missing', params: { field: 'developerToken' } }])
  })

  it('PHP demands none where the Cloud organisation stands for it', () => {
    const without = written('php').replace(/^developerToken.*$/m, 'useCloudOrgForApiAccess = true')
    expect(readConfiguration(without, null).clean).toBe(true)
  })

  it.each<Format>(['python', 'java', 'curl', 'env'])('%s is told that Google ignores the developer token', format => {
    const text = written(format, { ...user, developerToken: { revealed: 'abcdefghijklmnopqrstuv' } })
    expect(readConfiguration(text, null).findings).toContainEqual(
      expect.objectContaining({ reason: 'developer_token_ignored' }),
    )
  })

  it('impersonation is optional, and a P12 file is of the past', () => {
    const text = `${written('python', robot)}impersonated_email: a@b.example\n`
    expect(readConfiguration(text, null).findings).toContainEqual(
      expect.objectContaining({ reason: 'impersonation_optional' }),
    )
    expect(findings(text.replace('ads.json', 'ads.p12'))).toContainEqual(
      expect.objectContaining({ reason: 'key_file_p12' }),
    )
  })
})

describe('code is read, never run', () => {
  it.each<[Format, string]>([
    [
      'ruby',
      'Google::Ads::GoogleAds::Config.new do |c|\n  c.client_id = ENV[\'ID\']\n  c.client_secret = `touch /tmp/x`\n  c.refresh_token = "a#{1}b"\nend\n',
    ],
    [
      'node',
      'const api = new GoogleAdsApi({ client_id: process.env.ID, client_secret: `a$' +
        '{1}`, developer_token: "x" })\napi.Customer({ refresh_token: read(), customer_id: "9876543210" })\n',
    ],
    [
      'curl',
      'curl https://oauth2.googleapis.com/token -d client_id=$ID -d "client_secret=$(cat secret)" -d refresh_token=`cat token`\n',
    ],
    [
      'env',
      'GOOGLE_ADS_CLIENT_ID=$ID\nGOOGLE_ADS_CLIENT_SECRET=$(cat secret)\nGOOGLE_ADS_REFRESH_TOKEN="a$' + '{B}"\n',
    ],
    [
      'php',
      '[OAUTH2]\nclientId = "$' +
        '{ID}"\nclientSecret = $' +
        '{SECRET}\nrefreshToken = "a$' +
        '{B}"\n[GOOGLE_ADS]\ndeveloperToken = "x"\n',
    ],
  ])('%s that computes its values is said to be unread', (format, text) => {
    const reading = readConfiguration(text, null)
    expect(reading).toMatchObject({ format, kind: 'user', credential: null })
    const computed = reading.findings.filter(({ reason }) => reason === 'computed')
    expect(computed).toHaveLength(3)
  })

  it('Node’s constants and shorthand are followed', () => {
    const text = `const client_id = '${secrets.clientId}', x = 1
const secret = "${secrets.clientSecret}"
const api = new GoogleAdsApi({ client_id, client_secret: secret, developer_token: 'x' })
api.Customer({ customer_id: 9876543210, refresh_token: '${secrets.refreshToken}', login_customer_id: '1234567890' })`
    expect(readConfiguration(text, null)).toMatchObject({ format: 'node', clean: true, credential: secrets })
  })

  it('curl with everything in one form is read as well', () => {
    const text = `curl -d 'client_id=${secrets.clientId}' --data client_secret=${secrets.clientSecret} \\
      -d "refresh_token=${secrets.refreshToken}" -d grant_type=refresh_token https://oauth2.googleapis.com/token`
    expect(readConfiguration(text, null)).toMatchObject({ format: 'curl', clean: true, credential: secrets })
  })
})

it('a script that asks for an access token lacks no credential', () => {
  const address = {
    url: 'https://keyring.example.com/api/v1/connections/c/access-token',
    apiKey: 'INSERT_API_KEY_HERE',
  }
  const text = accessTokenScript(user, address, en.configuration.notesFor('curl', ''))
  expect(readConfiguration(text, null)).toMatchObject({ format: 'curl', kind: 'access_token', clean: true })
})

describe('what is no configuration', () => {
  it.each([
    ['', 'unrecognised'],
    ['just a sentence', 'unrecognised'],
    [JSON.stringify({ type: 'service_account', private_key: '-----BEGIN PRIVATE KEY-----' }), 'key_file'],
    [JSON.stringify({ web: { client_id: 'x', client_secret: 'y' } }), 'client_secrets_file'],
    [JSON.stringify({ type: 'authorized_user', refresh_token: 'y' }), 'client_secrets_file'],
  ])('%j is called %s', (text, reason) => {
    const { findings: found, credential, clean } = readConfiguration(text, null)
    expect({ reasons: found.map(each => each.reason), credential, clean }).toEqual({
      reasons: [reason],
      credential: null,
      clean: false,
    })
  })

  it('broken files are said to be broken, at the line', () => {
    expect(findings('client_id: "x\nclient_secret: [', 'python')).toContainEqual(
      expect.objectContaining({ verdict: 'unknown', reason: 'syntax' }),
    )
    expect(findings('<configuration>\n<a></b>', 'dotnet')[0]).toMatchObject({ line: 2, reason: 'syntax' })
    expect(findings("[OAUTH2]\nclientId = 'x\n", 'php')[0]).toMatchObject({ line: 2, reason: 'syntax' })
    expect(findings('A=1\nclientId\n', 'perl')[0]).toMatchObject({ reason: 'unknown' })
    expect(findings("X=1\nGOOGLE_ADS_CLIENT_ID='x\n", 'env')[0]).toMatchObject({ line: 2, reason: 'syntax' })
    expect(findings('GOOGLE_ADS_CLIENT_ID = x\n', 'env')[0]).toMatchObject({ line: 1, reason: 'syntax' })
  })

  it.each(formats)('anything at all as %s is answered, soon', format => {
    const nasty = [
      '['.repeat(30_000),
      '\\'.repeat(30_000),
      '{"a":'.repeat(6000),
      '<a>'.repeat(10_000),
      '\'"'.repeat(15_000),
      'a=\n'.repeat(10_000),
      `${'$('.repeat(15_000)}`,
      'x '.repeat(15_000),
    ]
    for (const text of nasty) {
      const began = performance.now()
      readConfiguration(text, format)
      expect(performance.now() - began, text.slice(0, 6)).toBeLessThan(2000)
    }
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => void readConfiguration(text, format)))
  })
})
