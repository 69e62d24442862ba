import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { load } from 'cheerio'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Context } from '../../src/context.ts'
import { type ApiKeyScope, apiKeyScopes } from '../../src/members/api-keys.ts'
import { en } from '../../src/messages/en.ts'
import { linkHours } from '../../src/web/present/links.ts'
import { type Route, routeTable } from '../../src/web/routes.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { snapshot } from '../support/snapshot.ts'
import { rowsIn, runIn } from '../support/sqlite.ts'

/** Who asks. The connection in the address is the owner's: private for all but `sharer`, who has it shared with them. */
const people = ['nobody', 'suspended', 'other', 'sharer', 'owner', 'admin'] as const
type Person = (typeof people)[number]
/** Let in, or refused with this status. */
type Answer = 'in' | 401 | 403 | 404
type Rule = Record<Person, Answer>

const outside = { nobody: 401, suspended: 401 } as const
const open: Rule = { nobody: 'in', suspended: 'in', other: 'in', sharer: 'in', owner: 'in', admin: 'in' }
const member: Rule = { ...outside, other: 'in', sharer: 'in', owner: 'in', admin: 'in' }
const admin: Rule = { ...outside, other: 404, sharer: 404, owner: 404, admin: 'in' }
/** Something only its owner has, administrators included. */
const own: Rule = { ...outside, other: 404, sharer: 404, owner: 'in', admin: 404 }
const use: Rule = { ...outside, other: 404, sharer: 'in', owner: 'in', admin: 404 }
const see: Rule = { ...outside, other: 404, sharer: 'in', owner: 'in', admin: 'in' }
const manage: Rule = { ...outside, other: 404, sharer: 403, owner: 'in', admin: 'in' }
const remove: Rule = { ...manage, owner: 403 }

/**
 * Every route with its rule, the scope an API key needs there, and what stands in its address where that is not the
 * owner's connection. A route that is missing here fails.
 */
const rules: Record<string, [rule: Rule, key?: ApiKeyScope | undefined, address?: Record<string, string>]> = {
  'GET /': [open],
  'GET /setup': [open],
  'GET /auth/start': [open],
  'GET /oauth2callback': [open],
  'POST /auth/sign-out': [open],
  'POST /security-events': [open],

  'GET /accounts': [member],
  'POST /login-customer': [use],
  'GET /find': [member],
  'POST /find': [member],
  'GET /configuration/check': [member],
  'POST /configuration/check': [member],
  'POST /configuration/import': [member],
  'GET /connections': [member],
  'GET /connections/:id': [see],
  'POST /connections/:id/check': [see],
  'POST /connections/:id/pause': [manage],
  'POST /connections/:id/resume': [manage],
  'POST /connections/:id/share': [manage],
  'POST /connections/:id/unshare': [manage],
  'POST /connections/:id/transfer': [manage],
  'GET /connections/:id/revoke': [manage],
  'POST /connections/:id/revoke': [manage],
  'POST /connections/:id/revoke/retry': [manage],
  'POST /connections/:id/remove': [remove],
  'GET /connections/:id/access': [use],
  'GET /connections/:id/configuration': [use],
  'GET /connections/:id/configuration/reveal': [manage],
  'POST /connections/:id/configuration/reveal': [manage],
  'POST /connections/:id/refresh': [use],
  'GET /connections/:id/accounts/:loginCustomerId': [use],
  'POST /connections/:id/accounts/:loginCustomerId/refresh': [use],
  'POST /connections/:id/accounts/:loginCustomerId/retry': [use],
  'GET /connections/:id/accounts/:loginCustomerId/:customerId': [use],

  'GET /self': [member],
  'POST /self/sessions/:sessionId/end': [own],
  'POST /self/sessions/end-others': [member],
  'POST /self/api-keys': [member],
  'POST /self/api-keys/:keyId/revoke': [own],
  'POST /self/import-codes': [member],
  'GET /self/passkeys/new': [member],
  'POST /self/passkeys/challenge': [member],
  'POST /self/passkeys': [member],
  'POST /self/passkeys/:passkeyId/rename': [own],
  'POST /self/passkeys/:passkeyId/remove': [own],
  'POST /self/recovery-codes': [own],
  'POST /confirm': [member],
  'POST /confirm/challenge': [member],

  'GET /links': [member],
  'POST /links': [manage],
  'GET /links/done': [open],
  'GET /links/:secret': [open],
  'GET /links/:secret/start': [open],
  'POST /links/:id/withdraw': [own, undefined, { id: 'linkId' }],

  'GET /service-accounts': [admin],
  'POST /service-accounts': [admin],
  'GET /members': [admin],
  'GET /members/:memberId': [admin],
  'POST /members/:memberId/promote': [admin],
  'POST /members/:memberId/demote': [admin],
  'POST /members/:memberId/suspend': [admin],
  'POST /members/:memberId/resume': [admin],
  'POST /members/:memberId/reset-passkeys': [admin],
  'POST /members/:memberId/end-sessions': [admin],
  'POST /members/:memberId/revoke-api-keys': [admin],
  'GET /members/:memberId/leave': [admin],
  'POST /members/:memberId/leave': [admin],
  'GET /audit': [admin],
  'GET /audit/export': [admin],
  'POST /audit/verify': [admin],
  'GET /keys': [admin],
  'GET /keys/verification': [admin],
  'POST /keys/rotate': [admin],
  'POST /keys/retire': [admin],

  'GET /api/v1/me': [member, 'read'],
  'GET /api/v1/find': [member, 'read'],
  'GET /api/v1/connections': [member, 'read'],
  'POST /api/v1/connections': [member, 'connect'],
  'DELETE /api/v1/connections/:id': [manage, 'manage'],
  'POST /api/v1/configuration/check': [member, 'read'],
  'POST /api/v1/connections/:id/check': [see, 'read'],
  'POST /api/v1/connections/:id/pause': [manage, 'manage'],
  'POST /api/v1/connections/:id/resume': [manage, 'manage'],
  'POST /api/v1/connections/:id/access-token': [use, 'token'],
  'GET /api/v1/connections/:id/customers': [use, 'read'],
  'GET /api/v1/connections/:id/config/:format': [use, 'read'],
  'POST /api/v1/connections/:id/config/:format': [use, 'read'],
  'GET /api/v1/connections/:id/customers/:loginCustomerId/hierarchy': [use, 'read'],
  'GET /api/v1/connections/:id/customers/:loginCustomerId/hierarchy/events': [use, 'read'],
  'GET /api/v1/connections/:id/access/:customerId': [use, 'read'],
}

const table = routeTable(
  { config: { publicUrl: 'http://localhost' } } as unknown as Context,
  new AbortController().signal,
)
const nameOf = (route: Route) => `${route.method.toUpperCase()} ${route.path}`
const known = table.filter(route => nameOf(route) in rules).map(route => [nameOf(route), route] as const)
const ruleOf = (route: Route): Rule => rules[nameOf(route)]?.[0] ?? open

let app: TestApp
const browsers = {} as Record<Person, BrowserSession>
const apiKeys = {} as Record<'suspended' | 'other' | 'owner', Record<ApiKeyScope, string>>
let inAddress: Record<string, string>
let restore: () => void

beforeAll(async () => {
  app = await startApp({ env: { TRUST_PROXY: '1' } })
  browsers.nobody = app.browser()
  browsers.owner = await app.connected('U1')
  browsers.suspended = await app.connected('U2')
  browsers.other = await app.connected('U3')
  browsers.sharer = browsers.other
  browsers.admin = await app.connected('ADMIN')
  for (const person of ['suspended', 'other', 'owner'] as const) apiKeys[person] = await keysOf(browsers[person])
  const id = JSON.parse((await browsers.owner.get('/api/v1/connections')).text).connections[0].id as string
  const { customers } = JSON.parse((await browsers.owner.get(`/api/v1/connections/${id}/customers`)).text)
  const root = customers[0].customerId as string
  await browsers.owner.get(`/api/v1/connections/${id}/customers/${root}/hierarchy?wait=10`)
  // Google stays out of it: a grant withdrawn there would not come back with the rows.
  app.google.control.addFault({ match: { operation: 'revoke' }, effect: { kind: 'status', status: 503 } })

  const bystander = await app.connected('ODD')
  const memberId = JSON.parse((await bystander.get('/api/v1/me')).text).member.id as string
  await app.connected('U1')
  const sessions = read(`select id_hash from sessions join members on members.id = member_id
    where email like 'ines%' order by sessions.created_at desc`)
  const made = await browsers.owner.post('/links', { hours: String(linkHours[0]) })
  inAddress = {
    id,
    secret: /\/links\/([\w-]{43})/.exec(made.text)?.[1] ?? '',
    linkId: read('select id from links')[0]?.id ?? '',
    loginCustomerId: root,
    customerId: root,
    format: 'curl',
    memberId,
    sessionId: sessions[0]?.id_hash ?? '',
    passkeyId: 'p1',
    keyId: apiKeys.owner.read.slice('gads_'.length, 'gads_'.length + 12),
  }
  write(`update members set status = 'suspended' where email like 'tomasz%'`)
  // The owner has a passkey, and used it.
  write(`insert into passkeys select 'p1', id, 'c', 'k', '0', '', 'Laptop', created_at, null from members where email like 'ines%';
    update sessions set data = json_set(data, '$.confirmed', json('{"passkeyId":"p1"}'))
    where member_id = (select member_id from passkeys)`)
  restore = snapshot(app.databaseFile)
})
// Everybody signed in and confirmed just now, however long the tests before this one took.
beforeEach(() => {
  const now = app.now.value().toISOString()
  write(`update sessions set data = json_set(data, '$.signedInAt', '${now}') where data like '%signedInAt%';
    update sessions set data = json_set(data, '$.confirmed.at', '${now}') where data like '%confirmed%'`)
  restore = snapshot(app.databaseFile)
})
afterAll(() => app.close())

async function keysOf(browser: BrowserSession): Promise<Record<ApiKeyScope, string>> {
  const keys = {} as Record<ApiKeyScope, string>
  for (const scope of apiKeyScopes) {
    const change = { name: [scope], scopes: [scope] }
    const page = await press(browser, await browser.get('/self'), { text: 'Make the key' }, change)
    keys[scope] = load(page.text)('[data-fresh="key"]').text()
  }
  return keys
}

const write = (sql: string) => runIn(app.databaseFile, sql)

const read = (sql: string) => rowsIn(app.databaseFile, sql)

const share = (shared: boolean) =>
  write(`update connections set shared = ${Number(shared)} where id = '${inAddress.id}'`)
function pathOf(route: Route): string {
  const [, , names = {}] = rules[nameOf(route)] ?? []
  return route.path.replace(/:(\w+)/g, (_, name: string) => inAddress[names[name] ?? name] ?? `no-${name}`)
}

async function ask(route: Route, browser: BrowserSession, headers: Record<string, string> = {}) {
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')
  const fields = {
    connection_id: inAddress.id ?? '',
    customer_id: inAddress.customerId ?? '',
    hours: String(linkHours[0]),
  }
  const isApi = route.path.startsWith('/api/')
  const response = await fetch(new URL(pathOf(route), app.url), {
    method: route.method.toUpperCase(),
    redirect: 'manual',
    headers: { ...(cookie && { cookie }), ...headers, ...(isApi && { 'content-type': 'application/json' }) },
    ...(route.method === 'post' && { body: isApi ? JSON.stringify(fields) : new URLSearchParams(fields) }),
  })
  return { status: response.status, code: codeIn(await response.text()) }
}

/** The code of ours that a problem or a page about one names. */
function codeIn(text: string): string | undefined {
  return (
    /"code":"(\w+)"/.exec(text)?.[1] ??
    load(text)('dd')
      .toArray()
      .map(element => load(element).text())
      .find(each => Object.hasOwn(en.errors, each))
  )
}

const codes = { 401: 'signed_out', 403: 'not_allowed', 404: 'not_found' }
function expectAnswer(got: { status: number; code: string | undefined }, wanted: Answer, what: string): void {
  if (wanted !== 'in') expect([got.status, got.code], what).toEqual([wanted, codes[wanted]])
  else expect([200, 201, 202, 303, 400, 409], `${what}: ${got.status} ${got.code}`).toContain(got.status)
}

describe('the table of rights', () => {
  it('has a rule for every route, and no rule for a route that is not there', () => {
    expect(table.map(nameOf).sort()).toEqual(Object.keys(rules).sort())
  })

  it('is what docs/api.md says of the JSON', () => {
    const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
    const documented = [...page.matchAll(/^\| `([A-Z]+ \/api\/[^`]+)` \| `(\w+)` \|/gm)].map(([, route, scope]) => [
      route,
      scope,
    ])
    const there = table
      .filter(({ path }) => path.startsWith('/api/'))
      .map(route => [nameOf(route).replace(/:(\w+)/g, '{$1}'), route.key])
    expect(documented.sort()).toEqual(there.sort())
  })

  it.each(known)('row 37: %s answers each person as the table says', async (name, route) => {
    for (const person of people) {
      share(person === 'sharer')
      const got = await ask(route, browsers[person])
      if (route.method !== 'get') restore()
      expectAnswer(got, ruleOf(route)[person], `${name} as ${person}`)
    }
  })
})

describe('API keys', () => {
  const nobody = () => app.browser()
  const withKey = (key: string, address: number) => ({
    authorization: `Bearer ${key}`,
    // Each from an address of its own, so that the limit of failures stays out of it.
    'x-forwarded-for': `10.0.${address >> 8}.${address & 255}`,
  })
  let address = 0

  it.each(known.filter(([, route]) => route.path.startsWith('/api/')))('%s', async (name, route) => {
    const scope = rules[name]?.[1]
    expect(route.key, 'the scope the route asks for').toBe(scope)
    const asked = async (key: string) => {
      address++
      const got = await ask(route, nobody(), withKey(key, address))
      if (route.method !== 'get') restore()
      return got
    }
    share(false)
    for (const other of apiKeyScopes.filter(each => each !== scope)) {
      expectAnswer(await asked(apiKeys.owner[other]), 403, `${name} with only ${other}`)
    }
    if (scope === undefined) return
    expectAnswer(await asked(apiKeys.owner[scope]), ruleOf(route).owner, `${name} with ${scope}`)
    expectAnswer(await asked(apiKeys.other[scope]), ruleOf(route).other, `${name} with ${scope} of another member`)
    expect(await asked(apiKeys.suspended[scope]), 'of a suspended member').toEqual({
      status: 401,
      code: 'api_key_invalid',
    })
  })

  it.each(known.filter(([, route]) => !route.path.startsWith('/api/')))(
    'row 39: count for nothing at %s',
    async (name, route) => {
      for (const scope of ['read', 'manage'] as const) {
        const got = await ask(route, nobody(), { authorization: `Bearer ${apiKeys.owner[scope]}` })
        expectAnswer(got, ruleOf(route).nobody, `${name} with ${scope}`)
      }
    },
  )
  it('row 39: are all that counts in the JSON where one is presented, whatever session comes with it', async () => {
    const asked = (key: string) => browsers.owner.get('/api/v1/me', withKey(key, ++address))
    expect(JSON.parse((await asked(apiKeys.other.read)).text).member.email).toMatch(/^mei/)
    expect((await asked(apiKeys.other.manage)).status).toBe(403)
    expect((await asked(apiKeys.suspended.read)).status).toBe(401)
  })
})

describe('who is not signed in', () => {
  const shut = known.filter(([, { who }]) => who !== 'anyone')
  /** Sent as it is written: `fetch` would tidy the address up. */
  const raw = (method: string, path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const { hostname, port } = new URL(app.url)
      const sent = request({ hostname, port, method, path, headers }, async answer => {
        let text = ''
        for await (const chunk of answer) text += chunk
        resolve({ status: answer.statusCode ?? 0, text })
      })
      sent.on('error', reject).end()
    })

  it.each(shut)('row 36: gets nothing at %s, however the address and the method are written', async (_, route) => {
    const method = route.method.toUpperCase()
    const path = pathOf(route)
    const last = path.slice(path.lastIndexOf('/'))
    const written = [
      path,
      `${path}/`,
      `/${path}`,
      path.replace(last, `/${last}`),
      `/%2e${path}`,
      `/.${path}`,
      `${path}/%2e`,
      `/assets/..${path}`,
      `/assets/%2e%2e${path}`,
      path.toUpperCase(),
      `${path};x`,
      `${path};x=/assets/app.css`,
      `${path}%00`,
      `${path}?_method=GET`,
    ]
    const answers = [
      ...(await Promise.all(written.map(each => raw(method, each)))),
      ...(await Promise.all(['HEAD', 'OPTIONS', 'GET', 'PUT'].map(each => raw(each, path)))),
      await raw('POST', path, { 'x-http-method-override': method, 'x-original-url': path, 'x-rewrite-url': path }),
    ]
    expect(answers[0]?.status).toBe(401)
    for (const { status, text } of answers) {
      // 410: what follows /links/ is read as the secret of a one-time link.
      expect([400, 401, 404, 405, 410, 308]).toContain(status)
      for (const secret of ['ines.ferreira', 'Northlight', 'ya29.', '1//0']) expect(text).not.toContain(secret)
    }
  })
})

describe('fields that nobody asked for', () => {
  const changing = known.filter(([, { method }]) => method !== 'get')
  const idOf = (name: string) => read(`select id from members where email like '${name}%'`)[0]?.id ?? ''
  /** All there is that a member could want; of keys and links only those of others, since their own may become more. */
  const held = (member: string) => [
    read('select id, sub, email, role, status, admitted_by from members order by id'),
    read('select id, sub, owner_id, shared, status, version, kind from connections order by id'),
    read(`select id, scopes, revoked_at from api_keys where member_id != '${member}' order by id`),
    read(`select id, revoked_at from links where created_by != '${member}' order by id`),
  ]

  it.each(changing)('row 38: give a member nothing at %s', async (_name, route) => {
    share(false)
    const [other, owner] = [idOf('mei'), idOf('ines')]
    const before = held(other)
    const more = {
      ...{ id: inAddress.id ?? '', owner_id: other, ownerId: other, role: 'admin', status: 'active', shared: '1' },
      ...{ kid: 'k0', version: '9', created_by: owner, createdBy: owner, member_id: owner, memberId: owner },
      ...{ actor: owner, userId: owner, admitted_by: 'admin:x', scopes: 'reveal', admin: 'true' },
    }
    const polluting = '"__proto__":{"role":"admin"},"constructor":{"prototype":{"role":"admin"}}'
    const isApi = route.path.startsWith('/api/')
    const cookie = [...browsers.other.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(new URL(pathOf(route), app.url), {
      method: route.method.toUpperCase(),
      redirect: 'manual',
      headers: { cookie, ...(isApi && { 'content-type': 'application/json' }) },
      body: isApi
        ? `{${polluting},${JSON.stringify(more).slice(1)}`
        : new URLSearchParams({ ...more, '__proto__[role]': 'admin', 'constructor[prototype][role]': 'admin' }),
    })
    const after = held(other)
    restore()
    expect(answer.status).toBeLessThan(500)
    expect(after).toEqual(before)
    expect(({} as { role?: string }).role).toBeUndefined()
  })
})

describe('what a member may not use', () => {
  const lists = known.filter(([, route]) => route.method === 'get' && !route.path.includes(':'))
  /** Without what is new each time: the id of the next key, the number of the request. */
  const steady = (text: string) =>
    text.replace(/(name="id" value=")[\w-]{12}|("requestId":")[\w-]{36}|nonce="[^"]*"/g, '$1$2')

  it.each(lists.filter(([, { who }]) => who === 'member'))('leaves no trace at %s', async (_name, { path }) => {
    const now = new Date()
    app.now.value = () => now
    share(false)
    const beside = steady((await browsers.other.get(path)).text)
    write(`delete from snapshots where connection_id = '${inAddress.id}'`)
    write(`delete from connections where id = '${inAddress.id}'`)
    const alone = steady((await browsers.other.get(path)).text)
    restore()
    expect(beside).toBe(alone)
    for (const trace of [inAddress.id ?? '', 'ines.ferreira']) expect(beside).not.toContain(trace)
  })

  it('is there for its owner, and for administrators on the list of connections', async () => {
    for (const browser of [browsers.owner, browsers.admin]) {
      expect((await browser.get('/connections')).text).toContain(inAddress.id)
    }
  })
})
