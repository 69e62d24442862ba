import { readFileSync } from 'node:fs'
import { load } from 'cheerio'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { placeholders } from '../../src/configurations/configuration.ts'
import { files, formats } from '../../src/configurations/formats.ts'
import { en } from '../../src/messages/en.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { openSqlite } from '../support/sqlite.ts'

let app: TestApp
let member: BrowserSession

beforeAll(async () => {
  app = await startApp()
  member = await app.connected('U1')
})
afterAll(() => app.close())

const secret = 'Xq7hiddenHIDDENhidden42Zz'
const broken = `# ${secret}
client_id: 407408718192-abc.apps.googleusercontent.com
client_secret: GOCSPX-${secret}
refesh_token: 1//0g${secret}
login_customer_id: 123-456-7890
path_to_private_key_file: /etc/${secret}.json
${secret}: 1
${secret}`

const check = (text: string, format = '') => member.post('/configuration/check', { text, format })

async function post(
  body: string,
  type: string,
): Promise<{ status: number; text: string; cacheControl: string | null }> {
  const cookie = [...member.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { 'content-type': type, cookie, origin: app.url }
  const answer = await fetch(`${app.url}/api/v1/configuration/check`, { method: 'POST', headers, body })
  return { status: answer.status, text: await answer.text(), cacheControl: answer.headers.get('cache-control') }
}

describe('the page', () => {
  it('is empty at first, and is reached from where configurations and connections are', async () => {
    const $ = load((await member.get('/configuration/check')).text)
    expect($('textarea[name="text"]').text()).toBe('')
    expect($('select[name="format"] option')).toHaveLength(formats.length + 1)
    const { connections } = JSON.parse((await member.get('/api/v1/connections')).text)
    for (const path of ['/connections', `/connections/${connections[0].id}/configuration`]) {
      expect(load((await member.get(path)).text)('main a[href="/configuration/check"]'), path).toHaveLength(1)
    }
  })

  it('explains line by line in the same answer, and the numbers lead to the lines', async () => {
    const page = await check(broken)
    expect(page.status).toBe(200)
    expect(page.headers.get('cache-control')).toBe('no-store')
    const $ = load(page.text)
    const rows = $('.check-table tbody tr')
      .toArray()
      .map(row => $(row).text().replace(/\s+/g, ' ').trim())
    expect(rows).toContainEqual(expect.stringMatching(/^4 refesh_token Misspelt .*refresh_token/))
    expect(rows).toContainEqual(expect.stringMatching(/^5 login_customer_id Wrong value .*without dashes/))
    expect(rows).toContainEqual(expect.stringMatching(/^6 path_to_private_key_file Obsolete .*json_key_file_path/))
    expect(rows).toContainEqual(expect.stringMatching(/^6 path_to_private_key_file Mixed /))
    expect(rows).toContainEqual(expect.stringMatching(/^not there use_proto_plus Missing /))
    for (const link of $('.check-table a').toArray()) expect($($(link).attr('href') ?? '')).toHaveLength(1)
    expect($('#line-5').text().trim()).toBe('login_customer_id: ••••7890')
    expect($('#line-5').hasClass('is-marked')).toBe(true)
  })

  it('takes the format that was chosen and keeps it chosen', async () => {
    const $ = load((await check('clientId=x', 'java')).text)
    expect($('select[name="format"] option[selected]').attr('value')).toBe('java')
    expect($('main').text()).toContain('Read as Java.')
  })

  it('says when it recognises nothing', async () => {
    expect(load((await check('hello')).text)('main').text()).toContain('This looks like none of the formats.')
  })

  it.each([{ text: 'x', format: 'cobol' }, { format: 'java' }, { text: ['a', 'b'], format: 'java' }])(
    'refuses %j',
    async form => {
      expect((await member.post('/configuration/check', form as Record<string, string | string[]>)).status).toBe(400)
    },
  )

  it('takes no more than 32 kB, however the form spells them', async () => {
    expect((await check('x'.repeat(33 * 1024))).status).toBe(422)
    expect((await check(': '.repeat(15 * 1024))).status).toBe(200)
    expect((await check('x'.repeat(100 * 1024))).status).toBe(413)
    expect((await check('x'.repeat(30 * 1024))).status).toBe(200)
  })

  it('is for members, and not for other sites', async () => {
    expect((await app.browser().get('/configuration/check')).status).toBe(401)
    expect((await app.browser().post('/configuration/check', { text: 'x' })).status).toBe(401)
    const foreign = await member.post(
      '/configuration/check',
      { text: 'x' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    )
    expect(foreign.status).toBe(403)
  })
})

describe('the answer for programs', () => {
  it('is the same for plain text and for JSON', async () => {
    const plain = await post(broken, 'text/plain')
    const json = await post(JSON.stringify({ text: broken, format: 'python' }), 'application/json')
    expect(plain).toMatchObject({ status: 200, cacheControl: 'no-store' })
    expect(JSON.parse(json.text)).toEqual(JSON.parse(plain.text))
    const answer = JSON.parse(plain.text)
    expect(answer).toMatchObject({ format: 'python', kind: 'mixed', clean: false })
    expect(answer.lines).toContainEqual({
      line: 5,
      key: 'login_customer_id',
      verdict: 'wrong_value',
      code: 'dashes',
      sentence: 'The ID must be written without dashes: ten digits only.',
    })
    expect(answer).not.toHaveProperty('credential')
  })

  it.each([
    ['{"text": 1}', 'application/json', 'bad_request'],
    ['{"text": "x", "format": "cobol"}', 'application/json', 'bad_request'],
    [`{"text": "${secret}`, 'application/json', 'bad_request'],
    [`${secret} "x"`, 'application/json', 'bad_request'],
    ['x', 'application/octet-stream', 'media_type_unsupported'],
    ['x'.repeat(33 * 1024), 'text/plain', 'request_too_large'],
  ])('refuses %j as %s', async (body, type, code) => {
    const { text } = await post(body, type)
    expect(JSON.parse(text)).toMatchObject({ code })
  })

  it.each(formats)('calls its own %s clean', async format => {
    const [file] = files[format]
    const text = file.render(
      {
        credential: {
          kind: 'user',
          clientId: '1-a.apps.googleusercontent.com',
          clientSecret: placeholders.clientSecret,
          refreshToken: placeholders.refreshToken,
        },
        developerToken: null,
        loginCustomerId: null,
        customerId: null,
        apiVersion: 'v25',
      },
      en.configuration.notesFor(format, file.name),
    )
    expect(JSON.parse((await post(text, 'text/plain')).text)).toMatchObject({ format, kind: 'user', clean: true })
  })
})

it('the documentation names every verdict, every placeholder and every file', () => {
  const page = readFileSync(new URL('../../docs/configurations.md', import.meta.url), 'utf8')
  const names = [
    ...Object.keys(en.configurationCheck.verdicts),
    ...Object.values(placeholders).map(({ placeholder }) => placeholder),
    ...formats.flatMap(format => files[format].map(({ name }) => name)),
  ]
  for (const name of names) expect(page).toContain(`\`${name}\``)
})

it('what was pasted is in no answer, no log and no table', async () => {
  const answers = [
    (await check(broken)).text,
    (await check(broken, 'perl')).text,
    (await check(`{"type": "service_account", "private_key": "${secret}"}`)).text,
    (await check(`'${secret}`, 'ruby')).text,
    (await check(secret)).text,
    (await check(`${secret}${'x'.repeat(33 * 1024)}`)).text,
    (await post(broken, 'text/plain')).text,
    (await post(`${secret} "x"`, 'application/json')).text,
    (await post(`{"text": ${secret}`, 'application/json')).text,
    (await member.get('/configuration/check')).text,
  ]
  const part = secret.slice(0, 8)
  for (const [index, answer] of answers.entries()) expect(answer, String(index)).not.toContain(part)
  expect(app.log()).not.toContain(part)
  const database = openSqlite(app.databaseFile, { readOnly: true })
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[]
  for (const { name } of tables)
    expect(JSON.stringify(database.prepare(`select * from "${name}"`).all())).not.toContain(part)
  database.close()
})

describe('hostile text', () => {
  /** Every test has the member's whole limit for itself. */
  let minutes = 0
  beforeEach(() => {
    minutes++
    app.now.value = () => new Date(Date.now() + minutes * 61_000)
  })

  const nested = 500
  const hostile: [string, string, string][] = [
    ['spaces inside a placeholder', 'python', `client_id: "INSERT ${' '.repeat(31_000)}\\nx"`],
    [
      'sections inside sections',
      'dotnet',
      '<GoogleAdsApi><add key="a" value="b"/>'.repeat(nested) + '</GoogleAdsApi>'.repeat(nested),
    ],
    ['one word of many variables', 'env', '$a'.repeat(16_000)],
    ['quotes that never end', 'php', 'a=\\"\n'.repeat(1_900)],
    ['brackets that never end', 'python', '['.repeat(30_000)],
    ['as many settings as fit', 'perl', 'a=\n'.repeat(1_900)],
    ['as many unknown names as fit', 'perl', Array.from({ length: 900 }, (_, index) => `name${index}=`).join('\n')],
  ]

  it.each(hostile)('row 65: %s: others are answered meanwhile, and the answer is small', async (_, format, text) => {
    const order: string[] = []
    const pasted = post(JSON.stringify({ text, format }), 'application/json').finally(() => order.push('pasted'))
    for (let count = 0; count < 3; count++) expect((await app.browser().get('/healthz')).status).toBe(200)
    order.push('others')
    const answer = await pasted
    expect(order).toEqual(['others', 'pasted'])
    expect(answer.status).toBe(200)
    expect(answer.text.length).toBeLessThan(300_000)
  })

  it('row 65: its page is small too, and says how much is not shown', async () => {
    const page = await check(Array.from({ length: 900 }, (_, index) => `name${index}=`).join('\n'), 'perl')
    expect(page.status).toBe(200)
    expect(page.text.length).toBeLessThan(500_000)
    const $ = load(page.text)
    expect($('.check-table tbody tr')).toHaveLength(201)
    expect($('.check-table tbody tr').last().text()).toMatch(/\d+ more problems are not shown/)
  })

  it('row 65: a text with too many lines is refused, and the page says what to do', async () => {
    const answer = await post('\n'.repeat(3_000), 'text/plain')
    expect(answer.status).toBe(422)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'configuration_too_complex' })
    const page = await check('\n'.repeat(3_000), 'java')
    expect(page.status).toBe(422)
    expect(load(page.text)('main').text()).toContain('Paste only the part with the Google Ads settings.')
  })

  it('row 64: pasted text is shown as text', async () => {
    const page = await check('client_id: "<script>alert(1)</script>"\n<img src=x onerror=alert(1)>: 1\n', 'python')
    const $ = load(page.text)
    expect($('main script, main img, [onerror]')).toHaveLength(0)
    expect(page.text).not.toContain('alert(1)')
  })

  it('row 68: a member who pastes much at once is told to wait, other members are not', async () => {
    const eager = await app.connected('U3')
    const text = `client_id: "INSERT ${' '.repeat(31_000)}\\nx"`
    const many = Array.from({ length: 25 }, () => eager.post('/configuration/check', { text, format: 'python' }))
    expect((await check(text, 'python')).status).toBe(200)
    for (const { status } of await Promise.all(many)) expect([200, 503]).toContain(status)
  })

  it('row 68: a member who pastes too often is stopped, and other members are not', async () => {
    const eager = await app.connected('U2')
    const statuses: number[] = []
    for (let count = 0; count < 31; count++) {
      statuses.push((await eager.post('/configuration/check', { text: '\n'.repeat(3_000), format: 'java' })).status)
    }
    expect(statuses).toEqual([...Array.from({ length: 30 }, () => 422), 429])
    expect((await check('a=b', 'java')).status).toBe(200)
  })
})
