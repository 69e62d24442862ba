import { load } from 'cheerio'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import { Authenticator, type Bent } from '../support/authenticator.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { addPasskey, challenge, confirmOn, sendConfirmation, tryToAddPasskey } from '../support/passkeys.ts'
import { rowsIn, runIn } from '../support/sqlite.ts'

const start = new Date()
let app: TestApp
/** Three sessions of Tomasz, who has a passkey. He has just used it in the first, in the others not yet. */
let tomasz: BrowserSession
let other: BrowserSession
let third: BrowserSession
let key: Authenticator
/** Another member, and an administrator; without passkeys. */
let mei: BrowserSession
let dagny: BrowserSession
/** Second sessions of theirs. */
let meiElsewhere: BrowserSession
let dagnyElsewhere: BrowserSession
beforeAll(async () => {
  app = await startApp()
  app.now.value = () => start
  tomasz = await app.connected('U2')
  other = await signIn('U2')
  third = await signIn('U2')
  mei = await app.connected('U3')
  dagny = await signIn('ADMIN')
  meiElsewhere = await signIn('U3')
  dagnyElsewhere = await signIn('ADMIN')
})
afterAll(() => app.close())
beforeEach(async () => {
  app.now.value = () => start
  write(`delete from passkeys; delete from recovery_codes; delete from passkey_challenges; delete from rate_limits;
    update sessions set data = json_remove(data, '$.confirmed', '$.flash')`)
  key = await addPasskey(tomasz)
})

const later = (minutes: number) => {
  const at = app.now.value().getTime() + minutes * 60_000
  app.now.value = () => new Date(at)
}
const write = (sql: string) => runIn(app.databaseFile, sql)
const read = (sql: string) => rowsIn(app.databaseFile, sql)
const trail = (action: string) => read(`select * from audit_entries where action = '${action}' order by seq desc`)
const heading = (page: Page) => load(page.text)('h1').text()
const flash = (page: Page) => load(page.text)('.flash').text()
const codesOn = (page: Page) =>
  load(page.text)('.recovery-codes code')
    .toArray()
    .map(code => load(code).text())

const passkeysOn = (page: Page) =>
  load(page.text)('section[aria-labelledby="passkeys"] tbody .name')
    .toArray()
    .map(name => load(name).text())
const signIn = async (label: string): Promise<BrowserSession> => {
  const browser = app.browser()
  await followConsent(browser, await browser.get('/auth/start?intent=sign-in'), label)
  return browser
}
const memberPage = (email: string) => `/members/${read(`select id from members where email like '${email}%'`)[0]?.id}`

describe('a passkey', () => {
  it('can be added with a name, listed with its dates, renamed and removed, and each step is recorded', async () => {
    later(1)
    await addPasskey(tomasz, new Authenticator(), { name: 'Security key' })
    expect(passkeysOn(await tomasz.get('/self'))).toEqual(['Laptop', 'Security key'])
    const [, second] = read('select id from passkeys order by created_at')
    await tomasz.post(`/self/passkeys/${second?.id}/rename`, { name: ' Blue key ' })
    expect(passkeysOn(await tomasz.get('/self'))).toEqual(['Laptop', 'Blue key'])
    expect(trail('passkey.renamed')[0]).toMatchObject({ changes: '{"name":["Security key","Blue key"]}' })
    await press(tomasz, await tomasz.get('/self'), { text: 'Remove' })
    expect(passkeysOn(await tomasz.get('/self'))).toEqual(['Blue key'])
    expect(trail('passkey.removed')[0]).toMatchObject({
      target_name: 'Laptop',
      actor_name: expect.stringMatching(/^tomasz/),
    })
    expect(trail('passkey.added')[0]).toMatchObject({ target_name: 'Security key', target_kind: 'passkey' })
  })

  it('is requested as discoverable, with user verification, for this host only', async () => {
    const options = JSON.parse((await tomasz.post('/self/passkeys/challenge')).text)
    expect(options).toMatchObject({
      rp: { id: 'localhost' },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [{ id: key.id, type: 'public-key' }],
    })
    expect(options.pubKeyCredParams.map(({ alg }: { alg: number }) => alg)).toEqual([-7, -8, -257])
    expect(await challenge(tomasz)).toMatchObject({
      rpId: 'localhost',
      userVerification: 'required',
      allowCredentials: [{ id: key.id, transports: ['internal'] }],
    })
  })

  it('cannot be added without a recent sign-in, or by somebody who cannot confirm with their own passkey', async () => {
    later(11)
    expect((await tryToAddPasskey(mei, new Authenticator())).text).toContain('sign_in_again')
    expect((await mei.get('/self/passkeys/new')).text).toContain('sign_in_again')
    expect((await tryToAddPasskey(tomasz, new Authenticator())).status).toBe(403)
    later(-11)
    const asked = await other.get('/self/passkeys/new')
    expect([asked.status, heading(asked)]).toEqual([403, 'Confirm it’s you'])
    expect((await tryToAddPasskey(other, new Authenticator())).status).toBe(403)
    expect((await other.post('/self/passkeys', { name: 'x', confirm_answer: '{}' })).status).toBe(403)
    expect(read('select * from passkeys')).toHaveLength(1)
    expect(heading(await confirmOn(other, asked, key))).toBe('Add a passkey')
    await addPasskey(other)
    expect(read('select * from passkeys')).toHaveLength(2)
  })

  it.each<[string, Bent]>([
    ['another origin', { origin: 'https://keyring.example.net' }],
    ['another rpId', { rpId: 'example.net' }],
    ['the wrong type', { type: 'webauthn.get' }],
    ['another challenge', { challenge: 'AAAA' }],
    ['no check of who holds it', { userVerified: false }],
    ['nobody present', { userPresent: false }],
    ['a frame of another site', { crossOrigin: true }],
  ])('is not added with %s', async (_name, bent) => {
    const page = await tryToAddPasskey(tomasz, new Authenticator(), bent)
    expect([page.status, page.text.includes('passkey_refused')]).toEqual([403, true])
    expect(read('select * from passkeys')).toHaveLength(1)
  })

  it('can be added only once, with one answer to one challenge, within five minutes', async () => {
    const options = JSON.parse((await tomasz.post('/self/passkeys/challenge')).text)
    const form = { name: 'Twice', confirm_answer: new Authenticator().create(options, app.url) }
    const answers = await Promise.all([1, 2, 3].map(() => tomasz.post('/self/passkeys', form)))
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 403, 403])
    const slow = JSON.parse((await tomasz.post('/self/passkeys/challenge')).text)
    later(6)
    const late = { name: 'Late', confirm_answer: new Authenticator().create(slow, app.url) }
    expect((await tomasz.post('/self/passkeys', late)).text).toContain('passkey_expired')
    expect(read('select * from passkeys')).toHaveLength(2)
  })

  it('is refused if somebody else has already added it', async () => {
    const page = await tryToAddPasskey(mei, key)
    expect([page.status, page.text.includes('passkey_refused')]).toEqual([403, true])
  })

  it('cannot be renamed or removed by somebody else', async () => {
    await addPasskey(mei)
    const [{ id } = {}] = read(`select id from passkeys where credential_id = '${key.id}'`)
    expect((await mei.post(`/self/passkeys/${id}/rename`, { name: 'Mine' })).status).toBe(404)
    expect((await mei.post(`/self/passkeys/${id}/remove`)).status).toBe(404)
  })

  it('without an answer from the device, shows the form again with its name', async () => {
    const page = await tomasz.post('/self/passkeys', { name: 'Typed before' })
    expect(load(page.text)('input[name="name"]').attr('value')).toBe('Typed before')
    expect((await tomasz.post('/self/passkeys', { name: ' ', confirm_answer: '{}' })).status).toBe(400)
    expect((await tomasz.post('/self/passkeys', { name: 'x', confirm_answer: 'no JSON' })).status).toBe(403)
  })
})

describe('a sensitive step', () => {
  it('asks for the passkey even just after signing in, and continues with the whole form', async () => {
    const asked = await other.post('/self/api-keys', {
      id: 'AAAAAAAAAAAA',
      name: 'Nightly <report>',
      scopes: ['read', 'token'],
      days: '30',
    })
    expect([asked.status, heading(asked), asked.headers.get('cache-control')]).toEqual([
      403,
      'Confirm it’s you',
      'no-store',
    ])
    expect(asked.text).toContain('You’re about to make an API key.')
    expect(read(`select * from api_keys where id = 'AAAAAAAAAAAA'`)).toEqual([])
    const done = await confirmOn(other, asked, key)
    expect(load(done.text)('[data-fresh="key"]').text()).toMatch(/^gads_AAAAAAAAAAAA_/)
    expect(read(`select name, scopes from api_keys where id = 'AAAAAAAAAAAA'`)).toEqual([
      { name: 'Nightly <report>', scopes: 'read token' },
    ])
    expect(trail('passkey.used')[0]).toMatchObject({ target_name: 'Laptop', outcome: 'done' })
  })

  it('needs no second confirmation for ten minutes, in this session alone', async () => {
    const one = third
    expect(heading(await confirmOn(one, await one.get('/self/passkeys/new'), key))).toBe('Add a passkey')
    expect((await one.post('/links', { hours: '24' })).status).toBe(200)
    expect((await other.post('/links', { hours: '24' })).status).toBe(403)
    later(9)
    expect((await one.post('/links', { hours: '24' })).status).toBe(200)
    later(2)
    expect((await one.post('/links', { hours: '24' })).status).toBe(403)
  })

  it('asks again after the clock was put back: what lies ahead is not recent', async () => {
    later(60)
    const ahead = await signIn('U2')
    await confirmOn(ahead, await ahead.post('/self/import-codes'), key)
    expect((await ahead.post('/self/import-codes')).status).toBe(200)
    later(-60)
    expect(heading(await ahead.post('/self/import-codes'))).toBe('Confirm it’s you')
    later(60)
    const meiAhead = await signIn('U3')
    later(-60)
    expect((await meiAhead.get('/self/passkeys/new')).status).toBe(403)
  })

  it('asks again after the passkey that confirmed is removed', async () => {
    const one = third
    await confirmOn(one, await one.get('/self/passkeys/new'), key)
    await addPasskey(one)
    expect((await one.post('/links', { hours: '24' })).status).toBe(200)
    write(`delete from passkeys where credential_id <> '${key.id}'`)
    expect((await one.post('/links', { hours: '24' })).status).toBe(403)
  })

  it('is refused to somebody without the right before it asks for anything', async () => {
    await addPasskey(dagny)
    expect((await tomasz.post('/keys/rotate')).status).toBe(404)
    expect((await dagny.post('/members/nobody/suspend')).status).toBe(404)
    expect((await other.post('/connections/none/revoke')).status).toBe(404)
  })

  it('is sharing: who took over an administrator’s browser gets no access token through it', async () => {
    const { id } = JSON.parse((await mei.get('/api/v1/connections')).text).connections[0]
    await addPasskey(dagny)
    const page = await dagnyElsewhere.post(`/connections/${id}/share`)
    expect([page.status, heading(page)]).toEqual([403, 'Confirm it’s you'])
    expect((await dagnyElsewhere.post(`/api/v1/connections/${id}/access-token`)).status).toBe(404)
    expect(trail('connection.shared')).toEqual([])
    expect((await dagny.post(`/connections/${id}/share`)).status).toBe(303)
    expect((await mei.post(`/connections/${id}/unshare`)).status).toBe(303)
  })

  it('is refused in JSON with an error code, but never for an API key', async () => {
    const { connections } = JSON.parse((await tomasz.get('/api/v1/connections')).text)
    const file = `/api/v1/connections/${connections[0].id}/config/python?reveal=1`
    const made = await press(
      tomasz,
      await tomasz.get('/self'),
      { text: 'Make the key' },
      { name: ['k'], scopes: ['read', 'reveal'] },
    )
    const secret = load(made.text)('[data-fresh="key"]').text()
    const cookie = [...other.cookies()].map(pair => pair.join('=')).join('; ')
    const connection = `${app.url}/api/v1/connections/${connections[0].id}`
    const refused = await fetch(connection, { method: 'DELETE', headers: { cookie } })
    expect([refused.status, JSON.parse(await refused.text()).code]).toEqual([403, 'confirm_with_passkey'])
    const posted = await other.post(file)
    expect([posted.status, JSON.parse(posted.text).code]).toEqual([403, 'confirm_with_passkey'])
    const answer = await app.browser().get(file, { authorization: `Bearer ${secret}` })
    expect([answer.status, answer.text.includes('refresh_token')]).toEqual([200, true])
  })

  it('shows secrets only after the passkey, not after the click', async () => {
    const { connections } = JSON.parse((await tomasz.get('/api/v1/connections')).text)
    const page = `/connections/${connections[0].id}/configuration/reveal?format=python`
    const asked = await other.get(page)
    expect(asked.text).toMatch(/You’re about to show the secrets of tomasz\S+/)
    expect((await other.post(page, { format: 'python' })).text).not.toContain('1//0')
    const before = await confirmOn(other, asked, key)
    expect(before.text).toContain('until the connection is revoked')
    expect((await other.post(page, { format: 'python' })).text).toContain('1//0')
  })

  it('says that it needs JavaScript if there is none, and loses nothing', async () => {
    const asked = await other.post('/links', { hours: '24', email: 'guest@example.com' })
    expect(load(asked.text)('.without-script').text()).toContain('Passkeys need JavaScript')
    const again = await sendConfirmation(other, asked, { confirm_answer: '' })
    expect([again.status, flash(again)]).toEqual([403, expect.stringContaining('JavaScript')])
    expect(load(again.text)('input[name="email"]').attr('value')).toBe('guest@example.com')
  })

  it('continues only to our own pages', async () => {
    for (const confirm_next of ['https://example.net/', '//example.net', '/\\example.net', '']) {
      const page = await tomasz.post('/confirm', { confirm_next, confirm_method: 'get', confirm_answer: 'x' })
      expect([page.status, page.location], confirm_next).toEqual([400, null])
    }
  })
})

describe('an assertion', () => {
  let asked: Page
  beforeEach(async () => {
    asked = await other.post('/links', { hours: '24' })
  })
  const links = () => read('select * from links').length
  const expectRefused = (page: Page, reason: string | null) => {
    expect([page.status, heading(page), flash(page)]).toEqual([403, 'Confirm it’s you', expect.stringMatching(/\S/)])
    if (reason !== null) {
      expect(trail('passkey.refused')[0]).toMatchObject({ outcome: 'refused', changes: JSON.stringify({ reason }) })
    }
  }

  it.each<[string, Bent]>([
    ['another origin', { origin: 'https://keyring.example.net' }],
    ['another origin that begins as ours', { origin: 'http://localhost' }],
    ['another rpId', { rpId: 'example.net' }],
    ['the wrong type', { type: 'webauthn.create' }],
    ['another challenge', { challenge: 'AAAA' }],
    ['no check of who holds it', { userVerified: false }],
    ['nobody present', { userPresent: false }],
    ['the user handle of somebody else', { userHandle: 'AAAA' }],
    ['a frame of another site', { crossOrigin: true }],
  ])('with %s is refused', async (_name, bent) => {
    const hers = await addPasskey(mei)
    const page = await meiElsewhere.post('/links', { hours: '24' })
    const before = links()
    expectRefused(await confirmOn(meiElsewhere, page, hers, bent), 'not_verified')
    expect(links()).toBe(before)
    expect((await confirmOn(meiElsewhere, page, hers)).status).toBe(200)
  })

  it('that was used is refused when sent again, later or at the same time', async () => {
    const options = await challenge(other)
    const confirm_answer = key.get(options, app.url)
    const form = { confirm_next: '/links', confirm_method: 'post', confirm_answer }
    await Promise.all([1, 2, 3].map(() => other.post('/confirm', form)))
    expect(
      read(`select * from audit_entries where action = 'passkey.used'
        and target_id = (select id from passkeys where credential_id = '${key.id}')`),
    ).toHaveLength(1)
    const page = await third.post('/links', { hours: '24' })
    expectRefused(await sendConfirmation(third, page, { confirm_answer }), null)
  })

  it('for the challenge of another session is refused', async () => {
    const theirs = key.get(await challenge(tomasz), app.url)
    await challenge(other)
    expectRefused(await sendConfirmation(other, asked, { confirm_answer: theirs }), 'not_verified')
  })

  it('for a challenge that was for adding a passkey is refused', async () => {
    const options = JSON.parse((await tomasz.post('/self/passkeys/challenge')).text)
    later(11)
    const page = await tomasz.post('/links', { hours: '24' })
    const answer = key.get({ ...options, rpId: 'localhost' }, app.url)
    expectRefused(await sendConfirmation(tomasz, page, { confirm_answer: answer }), null)
  })

  it('for a challenge older than five minutes is refused', async () => {
    const answer = key.get(await challenge(other), app.url)
    later(6)
    const page = await sendConfirmation(other, asked, { confirm_answer: answer })
    expectRefused(page, null)
    expect(flash(page)).toContain('took too long')
  })

  it('of another member is refused, even under one’s own id', async () => {
    const hers = await addPasskey(mei)
    expectRefused(await confirmOn(other, asked, hers), 'unknown')
    expectRefused(await confirmOn(other, asked, hers, { id: key.id }), 'not_verified')
  })

  it('is refused if it is not an assertion', async () => {
    for (const confirm_answer of [
      'no JSON',
      '[]',
      '"x"',
      JSON.stringify({ id: key.id }),
      `{"id":"${key.id}","response":{}}`,
    ]) {
      await challenge(other)
      expectRefused(await sendConfirmation(other, asked, { confirm_answer }), null)
    }
  })

  it('whose counter went down is refused and recorded, because the passkey may have been copied', async () => {
    expect((await confirmOn(other, asked, key, { counter: 4_000_000_000 })).status).toBe(200)
    const page = await third.post('/links', { hours: '24' })
    const refused = await confirmOn(third, page, key, { counter: 4_000_000_000 })
    expectRefused(refused, 'counter')
    expect(flash(refused)).toContain('may have been copied')
    expect((await confirmOn(third, page, key, { counter: 4_000_000_001 })).status).toBe(200)
  })

  it('of a passkey that does not count, such as a synced one, is accepted each time', async () => {
    const synced = await addPasskey(tomasz, new Authenticator({ counter: 0 }))
    for (const one of [other, third]) {
      expect((await confirmOn(one, await one.post('/links', { hours: '24' }), synced)).status).toBe(200)
    }
  })
})

describe('recovery codes', () => {
  it('come with the first passkey, are shown once, and are stored as hashes', async () => {
    const page = await tryToAddPasskey(mei, new Authenticator())
    const codes = codesOn(page)
    expect([page.headers.get('cache-control'), codes.length, new Set(codes).size]).toEqual(['no-store', 10, 10])
    for (const code of codes) expect(code).toMatch(/^([2-9a-hj-km-z]{4}-){3}[2-9a-hj-km-z]{4}$/)
    const stored = JSON.stringify(
      ['recovery_codes', 'audit_entries', 'sessions'].map(name => read(`select * from ${name}`)),
    )
    for (const code of codes) expect(stored + (await mei.get('/self')).text + app.log()).not.toContain(code)
    expect((await addPasskey(mei)) && codesOn(await mei.get('/self'))).toEqual([])
    expect((await mei.get('/self')).text).toContain('10 recovery codes are left')
  })

  it('each work once instead of the passkey, and are recorded', async () => {
    const [code = ''] = codesOn(await press(tomasz, await tomasz.get('/self'), { text: 'Make new codes' }))
    const asked = await other.post('/links', { hours: '24', email: 'guest@example.com' })
    const done = await sendConfirmation(other, asked, { confirm_code: ` ${code.toUpperCase().replaceAll('-', ' ')} ` })
    expect([done.status, done.text.includes('guest@example.com')]).toEqual([200, true])
    expect(flash(done)).toContain('9 codes are left')
    expect(trail('recovery_code.used')[0]).toMatchObject({
      outcome: 'done',
      actor_name: expect.stringMatching(/^tomasz/),
    })
    const again = await sendConfirmation(third, await third.post('/links', { hours: '24' }), { confirm_code: code })
    expect([again.status, flash(again)]).toEqual([403, expect.stringContaining('isn’t valid')])
    expect(trail('recovery_code.used')[0]).toMatchObject({ outcome: 'refused' })
  })

  it('can be replaced only with a passkey, and the old ones then stop working', async () => {
    const [old = ''] = codesOn(await press(tomasz, await tomasz.get('/self'), { text: 'Make new codes' }))
    const asked = await press(other, await other.get('/self'), { text: 'Make new codes' })
    expect([asked.status, codesOn(asked)]).toEqual([403, []])
    expect(codesOn(await confirmOn(other, asked, key))).toHaveLength(10)
    const page = await third.post('/links', { hours: '24' })
    expect((await sendConfirmation(third, page, { confirm_code: old })).status).toBe(403)
  })

  it('of somebody else do not work, and guesses are limited', async () => {
    const [hers = ''] = codesOn(await tryToAddPasskey(mei, new Authenticator()))
    const own = await addPasskey(dagny)
    const asked = await dagnyElsewhere.post('/links', { hours: '24' })
    const guess = async (confirm_code: string) =>
      (await sendConfirmation(dagnyElsewhere, asked, { confirm_code })).status
    expect(await guess(hers)).toBe(403)
    for (let count = 1; count < 30; count++) expect(await guess('aaaa')).toBe(403)
    expect(await guess('aaaa')).toBe(429)
    expect((await confirmOn(dagnyElsewhere, asked, own)).status).toBe(429)
  })

  it('go with the last passkey, and nobody has codes without a passkey', async () => {
    await press(tomasz, await tomasz.get('/self'), { text: 'Remove' })
    expect(read('select * from recovery_codes')).toEqual([])
    expect((await tomasz.post('/self/recovery-codes')).status).toBe(404)
  })
})

describe('a reset', () => {
  it('by an administrator removes all passkeys and codes of a member, and is recorded', async () => {
    const page = await dagny.get(memberPage('tomasz'))
    const done = await press(dagny, page, { text: 'Reset passkeys' })
    expect(flash(await dagny.get(done.location ?? ''))).toContain('Removed 1 passkey')
    expect(read('select * from passkeys')).toEqual([])
    expect(read('select * from recovery_codes')).toEqual([])
    expect(trail('passkey.reset')[0]).toMatchObject({
      actor_name: expect.stringMatching(/^dagny/),
      target_name: expect.stringMatching(/^tomasz/),
      changes: expect.stringMatching(/^{"passkeys":"1","sessions":"[1-9]"}$/),
    })
    // A stolen session could add the next passkey.
    expect((await tomasz.get('/api/v1/me')).status).toBe(401)
    expect((await dagny.get(memberPage('tomasz'))).text).not.toContain('Reset passkeys')
    tomasz = await app.connected('U2')
  })

  it('does not work for one’s own passkeys there', async () => {
    await addPasskey(dagny)
    expect((await dagny.get(memberPage('dagny'))).text).not.toContain('Reset passkeys')
    expect((await dagny.post(`${memberPage('dagny')}/reset-passkeys`)).status).toBe(403)
    expect(read('select * from passkeys')).toHaveLength(2)
  })
})

describe('REQUIRE_PASSKEYS=admins', () => {
  it('makes an administrator without a passkey add one before admin pages and sensitive steps', async () => {
    await app.restart({ REQUIRE_PASSKEYS: 'admins' })
    const led = (page: Page) => [page.status, load(page.text)('a.button-primary').attr('href')]
    for (const path of ['/members', '/keys', '/audit']) {
      expect(led(await dagny.get(path)), path).toEqual([403, '/self/passkeys/new'])
    }
    for (const path of ['/links', '/self/api-keys', '/self/import-codes']) {
      expect(led(await dagny.post(path, { hours: '24' })), path).toEqual([403, '/self/passkeys/new'])
    }
    expect((await dagny.get('/self')).text).toContain('Administrators of this installation need a passkey')
    const { id } = JSON.parse((await mei.get('/api/v1/connections')).text).connections[0]
    expect(led(await dagny.post(`/connections/${id}/share`))).toEqual([403, '/self/passkeys/new'])
    expect((await dagny.get('/self/passkeys/new')).status).toBe(200)
    expect((await mei.post('/links', { hours: '24' })).status).toBe(200)
    await addPasskey(dagny)
    expect((await dagny.get('/members')).status).toBe(200)
    expect((await dagny.post('/links', { hours: '24' })).status).toBe(200)
    await app.restart()
  })
})
