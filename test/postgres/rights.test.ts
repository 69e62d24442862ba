import { randomBytes } from 'node:crypto'
import { load } from 'cheerio'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Context } from '../../src/context.ts'
import { secretHash } from '../../src/secret.ts'
import { type Route, routeTable } from '../../src/web/routes.ts'
import { grantedOutside } from '../sandbox/sign-in.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { Authenticator } from '../support/authenticator.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { tryToAddPasskey } from '../support/passkeys.ts'
import { holdWriters } from '../support/postgres.ts'

/**
 * The right is asked in the transaction that acts. Each request here comes as far as its change and is held there;
 * another process takes the right away, and commits; then the request goes on.
 */
let app: TestApp
let database: pg.Client
/** An administrator, though not by setting, with a connection of her own. */
let ines: BrowserSession
let key: string
let inAddress: Record<string, string>
let credential: { clientId: string; clientSecret: string; refreshToken: string }

const rows = async <T extends object>(statement: string, ...values: unknown[]) =>
  (await database.query(statement, values)).rows as T[]
const memberId = async (browser: BrowserSession): Promise<string> =>
  JSON.parse((await browser.get('/api/v1/me')).text).member.id
const connectionId = async (browser: BrowserSession): Promise<string> =>
  JSON.parse((await browser.get('/api/v1/connections')).text).connections[0].id
const bearer = () => ({ authorization: `Bearer ${key}` })

beforeAll(async () => {
  const [k1, k2] = ['k1', 'k2'].map(kid => `${kid}:${randomBytes(32).toString('base64url')}`)
  app = await startApp({ database: 'postgres', env: { TOKEN_KEYS: `${k1}` } })
  database = new pg.Client(app.databaseUrl)
  await database.connect()
  ines = await app.connected('U1')
  const tomasz = await app.connected('U2')
  await app.restart({ TOKEN_KEYS: `${k2},${k1}` })
  // Nothing needs this one.
  await rows(`insert into vault_keys (kid, check_value, created_at) values ('k9', 'x', '2026-01-01T00:00:00.000Z')`)
  const id = await memberId(ines)
  await rows(`update members set role = 'admin' where id = $1`, id)
  await app.connected('U1')
  const all = { id: ['abcdefghijkl'], name: ['all'], scopes: ['read', 'token', 'connect', 'manage', 'reveal'] }
  const page = await press(ines, await ines.get('/self'), { text: 'Make the key' }, all)
  key = load(page.text)('[data-fresh="key"]').text()
  await ines.post('/links', { hours: '24' })
  const theirId = await memberId(tomasz)
  // Both have a passkey, and she used hers.
  const passkey = `insert into passkeys values ($1, $2, $1, 'k', '0', '', 'Laptop', '2026-01-01T00:00:00.000Z', null)`
  await rows(passkey, 'p1', id)
  await rows(passkey, 'p2', theirId)
  await rows(`insert into recovery_codes values ($1, $2, '2026-01-01T00:00:00.000Z', null)`, secretHash('code'), id)
  const confirmed = JSON.stringify({ at: new Date().toISOString(), passkeyId: 'p1' })
  await rows(
    `update sessions set data = jsonb_set(data::jsonb, '{confirmed}', $1::jsonb)::text where member_id = $2`,
    confirmed,
    id,
  )
  inAddress = {
    self: id,
    id: await connectionId(ines),
    theirs: await connectionId(tomasz),
    memberId: theirId,
    passkeyId: 'p1',
    keyId: key.slice(5, 17),
    linkId: (await rows<{ id: string }>('select id from links'))[0]?.id ?? '',
    sessionId:
      (
        await rows<{ id_hash: string }>(
          'select id_hash from sessions where member_id = $1 order by created_at desc limit 1',
          id,
        )
      )[0]?.id_hash ?? '',
  }
  credential = await grantedOutside(app.google, 'U3')
  for (const name of kept) await rows(`create table kept_${name} as select * from ${name}`)
})
afterAll(async () => {
  await database.end()
  await app.close()
})

type Ask = () => Promise<{ status: number }>
interface Case {
  ask: Ask
  /** What has to be so before it. */
  first?: string
  /** What else can be taken away meanwhile, and what is answered then. */
  taken?: Record<string, number>
  /** By the API key that comes with it, instead of the session. */
  byKey?: true
}

const post =
  (path: string, form: Record<string, string> = {}): Ask =>
  () =>
    ines.post(fill(path), form)
const json =
  (method: string, path: string, value: object = {}): Ask =>
  async () => {
    const response = await fetch(app.url + fill(path), {
      method,
      headers: { ...bearer(), 'content-type': 'application/json' },
      ...(method !== 'GET' && { body: JSON.stringify(value) }),
    })
    return { status: response.status }
  }
const fill = (path: string) => path.replace(/:(\w+)/g, (_, name: string) => inAddress[name] ?? '')

const takes = {
  suspended: `update members set status = 'suspended' where id = $1`,
  'signed out': `update sessions set ended_at = '2026-01-01T00:00:00.000Z', data = '{}' where member_id = $1`,
  'an administrator no more': `update members set role = 'member' where id = $1`,
  'owner no more': `update connections set owner_id = (select min(id) from members where id != $1) where owner_id = $1`,
  'with a revoked key': `update api_keys set revoked_at = '2026-01-01T00:00:00.000Z' where member_id = $1`,
  'with a key that ran out': `update api_keys set expires_at = '2026-01-01T00:00:00.000Z' where member_id = $1`,
  'with a key of fewer scopes': `update api_keys set scopes = 'read' where member_id = $1`,
}
const standing = { suspended: 401, 'signed out': 401 }
const keyStanding = {
  suspended: 401,
  'with a revoked key': 401,
  'with a key that ran out': 401,
  'with a key of fewer scopes': 401,
}
const adminToo = { 'an administrator no more': 404 }
const ownerToo = { 'owner no more': 404 }

/** What everybody may do, or changes nothing but what is held for Google's answers or the browser's own session. */
const withoutRight = [
  'POST /auth/sign-out',
  'POST /security-events',
  'POST /login-customer',
  'POST /find',
  'POST /configuration/check',
  'POST /connections/:id/refresh',
  'POST /connections/:id/accounts/:loginCustomerId/refresh',
  'POST /connections/:id/accounts/:loginCustomerId/retry',
  'POST /audit/verify',
  'POST /self/passkeys/challenge',
  'POST /confirm/challenge',
  'POST /api/v1/configuration/check',
]

const status = (to: string) => `update connections set status = '${to}' where id in (':id', ':theirs')`
/** Every route that changes something or hands out a secret. */
const cases: Record<string, Case> = {
  'POST /links': { ask: post('/links', { hours: '24' }), taken: standing },
  'POST /links/:id/withdraw': { ask: post('/links/:linkId/withdraw') },
  'GET /audit': { ask: () => ines.get('/audit?person=nobody'), taken: adminToo },
  'GET /audit/export': { ask: () => ines.get('/audit/export?format=csv'), taken: adminToo },
  'POST /service-accounts': {
    ask: () => ines.post('/service-accounts', { key: JSON.stringify(app.google.serviceAccountKeyFile('SA1')) }),
    taken: adminToo,
  },
  'POST /keys/rotate': { ask: post('/keys/rotate'), taken: adminToo },
  'POST /keys/retire': { ask: post('/keys/retire', { kid: 'k9' }), taken: adminToo },
  'POST /connections/:id/check': { ask: post('/connections/:id/check'), first: status('needs_reconnect') },
  'POST /connections/:id/pause': { ask: post('/connections/:theirs/pause'), taken: adminToo },
  'POST /connections/:id/resume': { ask: post('/connections/:id/resume'), first: status('paused') },
  'POST /connections/:id/share': { ask: post('/connections/:id/share') },
  'POST /connections/:id/unshare': {
    ask: post('/connections/:theirs/unshare'),
    first: `update connections set shared = 1 where id = ':theirs'`,
  },
  'POST /connections/:id/transfer': {
    ask: () => ines.post(fill('/connections/:theirs/transfer'), { member_id: inAddress.self ?? '' }),
    taken: adminToo,
  },
  'POST /connections/:id/revoke': { ask: post('/connections/:theirs/revoke'), taken: adminToo },
  'POST /connections/:id/revoke/retry': { ask: post('/connections/:theirs/revoke/retry'), first: status('revoked') },
  'POST /connections/:id/remove': {
    ask: post('/connections/:theirs/remove'),
    first: `update connections set status = 'revoked', revoked_at = created_at where id = ':theirs'`,
    taken: adminToo,
  },
  'POST /members/:memberId/leave': { ask: post('/members/:memberId/leave', { suspend: '1' }) },
  'POST /configuration/import': {
    ask: () =>
      ines.post('/configuration/import', {
        format: 'python',
        text: `client_id: ${credential.clientId}\nclient_secret: ${credential.clientSecret}\nrefresh_token: ${credential.refreshToken}`,
      }),
  },
  'POST /connections/:id/configuration/reveal': {
    ask: post('/connections/:id/configuration/reveal', { format: 'python' }),
  },
  'POST /self/sessions/:sessionId/end': { ask: post('/self/sessions/:sessionId/end') },
  'POST /self/sessions/end-others': { ask: post('/self/sessions/end-others') },
  'POST /self/api-keys': {
    ask: post('/self/api-keys', { id: 'mnopqrstuvwx', name: 'n', scopes: 'read', days: '1' }),
  },
  'POST /self/api-keys/:keyId/revoke': { ask: post('/self/api-keys/:keyId/revoke') },
  'POST /self/import-codes': { ask: post('/self/import-codes') },
  'POST /self/passkeys': { ask: () => tryToAddPasskey(ines, new Authenticator()) },
  'POST /self/passkeys/:passkeyId/rename': { ask: post('/self/passkeys/:passkeyId/rename', { name: 'Phone' }) },
  'POST /self/passkeys/:passkeyId/remove': { ask: post('/self/passkeys/:passkeyId/remove') },
  'POST /self/recovery-codes': { ask: post('/self/recovery-codes') },
  'POST /confirm': {
    ask: post('/confirm', { confirm_next: '/links', confirm_method: 'post', confirm_code: 'code' }),
    taken: standing,
  },
  'POST /members/:memberId/reset-passkeys': { ask: post('/members/:memberId/reset-passkeys'), taken: adminToo },
  'POST /members/:memberId/promote': { ask: post('/members/:memberId/promote'), taken: adminToo },
  'POST /members/:memberId/demote': {
    ask: post('/members/:memberId/demote'),
    first: `update members set role = 'admin' where id = ':memberId'`,
    taken: adminToo,
  },
  'POST /members/:memberId/suspend': { ask: post('/members/:memberId/suspend'), taken: adminToo },
  'POST /members/:memberId/resume': {
    ask: post('/members/:memberId/resume'),
    first: `update members set status = 'suspended' where id = ':memberId'`,
    taken: adminToo,
  },
  'POST /members/:memberId/end-sessions': { ask: post('/members/:memberId/end-sessions'), taken: adminToo },
  'POST /members/:memberId/revoke-api-keys': { ask: post('/members/:memberId/revoke-api-keys'), taken: adminToo },

  'DELETE /api/v1/connections/:id': {
    byKey: true,
    ask: json('DELETE', '/api/v1/connections/:theirs'),
    taken: adminToo,
  },
  'POST /api/v1/connections/:id/pause': { byKey: true, ask: json('POST', '/api/v1/connections/:id/pause') },
  'POST /api/v1/connections/:id/resume': {
    byKey: true,
    ask: json('POST', '/api/v1/connections/:id/resume'),
    first: status('paused'),
  },
  'POST /api/v1/connections/:id/check': {
    byKey: true,
    ask: json('POST', '/api/v1/connections/:id/check'),
    first: status('needs_reconnect'),
  },
  'POST /api/v1/connections': {
    byKey: true,
    ask: () => json('POST', '/api/v1/connections', credential)(),
  },
  'POST /api/v1/connections/:id/access-token': {
    byKey: true,
    ask: json('POST', '/api/v1/connections/:id/access-token'),
    taken: { ...keyStanding, ...ownerToo },
  },
  'POST /api/v1/connections/:id/config/:format': {
    byKey: true,
    ask: json('POST', '/api/v1/connections/:id/config/python?reveal=1'),
  },
  'GET /api/v1/connections/:id/config/:format': {
    byKey: true,
    ask: json('GET', '/api/v1/connections/:id/config/python?reveal=1'),
  },
}

const table = routeTable(
  { config: { publicUrl: 'http://localhost' } } as unknown as Context,
  new AbortController().signal,
)
const nameOf = (route: Route) => `${route.method.toUpperCase()} ${route.path}`

/** Who is referred to comes before who refers. */
const kept = [
  ...[
    'members',
    'connections',
    'sessions',
    'api_keys',
    'passkeys',
    'recovery_codes',
    'links',
    'vault_keys',
    'snapshots',
  ],
]
const restore = [
  ...kept.toReversed().map(name => `delete from ${name}`),
  ...kept.map(name => `insert into ${name} select * from kept_${name}`),
].join('; ')
/** Everything such a request could have changed. */
const state = `select (select json_agg(m) from (select id, email, role, status from members order by id) m) as members,
  (select json_agg(c) from (select id, owner_id, shared, status, version, revocation_attempts from connections order by id) c) as connections,
  (select json_agg(s) from (select id_hash, ended_at from sessions order by id_hash) s) as sessions,
  (select json_agg(k) from (select id, scopes, expires_at, revoked_at from api_keys order by id) k) as keys,
  (select json_agg(p) from (select * from passkeys order by id) p) as passkeys,
  (select json_agg(r) from (select * from recovery_codes order by code_hash) r) as codes,
  (select json_agg(l) from (select * from links order by id) l) as links,
  (select json_agg(v) from (select * from vault_keys order by kid) v) as vault_keys,
  (select count(*) from audit_entries where outcome = 'done') as entries`

describe('a right that another instance removes at the last moment', () => {
  it('is tested here for every route that changes something', () => {
    const changing = table.filter(route => route.method !== 'get').map(nameOf)
    const told = [...withoutRight, ...Object.keys(cases).filter(name => !name.startsWith('GET '))]
    expect(changing.sort()).toEqual(told.sort())
  })

  it.each(Object.entries(cases))('is gone for %s', async (_, { ask, first, taken = {}, byKey }) => {
    const all = { [byKey ? 'with a revoked key' : 'signed out']: 401, ...taken }
    for (const [what, wanted] of Object.entries(all)) {
      if (first) await rows(fill(first))
      const writers = await holdWriters(app.databaseUrl)
      try {
        const answer = ask()
        await Promise.race([writers.until(1), answer.then(early => Promise.reject(new Error(`${early.status}`)))])
        await writers.before(takes[what as keyof typeof takes], [inAddress.self])
        const held = await writers.before(state)
        await writers.open()
        expect((await answer).status, what).toBe(wanted)
        expect(await rows(state), what).toEqual(held)
      } finally {
        await writers.open()
        await rows(restore)
      }
    }
  })
})
