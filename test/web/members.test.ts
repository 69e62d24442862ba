import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { openSqlite } from '../support/sqlite.ts'

let app: TestApp
let dagny: BrowserSession
let ines: BrowserSession
beforeEach(async () => {
  app = await startApp()
  dagny = await app.connected('ADMIN')
  ines = await app.connected('U1')
})
afterEach(() => app.close())

const me = async (browser: BrowserSession) => JSON.parse((await browser.get('/api/v1/me')).text).member
const pageOf = async (browser: BrowserSession) => `/members/${(await me(browser)).id}`
const said = (page: Page) => load(page.text)('.flash').text().trim().replace(/\s+/g, ' ')
const trail = () => auditTrail().filter(row => /^(member\.(?!signed)|session)/.test(row.action))
const auditTrail = () => {
  const database = openSqlite(app.databaseFile, { readOnly: true })
  const rows = database
    .prepare("select action, actor_name, target_name, changes from audit_entries where outcome = 'done' order by seq")
    .all() as { action: string; actor_name: string; target_name: string; changes: string }[]
  database.close()
  return rows
}
const signIn = async (label: string) => {
  const browser = app.browser()
  const page = await followConsent(browser, await browser.get('/auth/start?intent=sign-in'), label)
  return { browser, page }
}

describe('administrators', () => {
  it('see who is a member, by which rule, and how many connections each has', async () => {
    const $ = load((await dagny.get('/members')).text)
    const rows = $('main tbody tr')
      .toArray()
      .map(row => $(row).text().replace(/\s+/g, ' '))
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatch(/Dagny Holm You.*Administrator.*Active.*ADMIN_EMAILS.*1 $/)
    expect(rows[1]).toMatch(/Ines Ferreira.*Member.*Active.*ALLOWED_DOMAINS.*1 $/)
  })

  it('see one member with their connections, and find nobody under an unknown id', async () => {
    const page = await dagny.get(await pageOf(ines))
    expect(page.text).toContain('In 1 browser')
    expect(page.text).toContain('ALLOWED_DOMAINS names northlight.example.com')
    const { connections } = JSON.parse((await ines.get('/api/v1/connections')).text)
    expect(load(page.text)(`a[href="/connections/${connections[0].id}"]`)).toHaveLength(1)
    expect((await dagny.get('/members/nobody')).status).toBe(404)
    expect((await dagny.post('/members/nobody/suspend')).status).toBe(404)
  })

  it('make another administrator, and take that back; both count from the next request', async () => {
    const path = await pageOf(ines)
    expect((await ines.get('/members')).status).toBe(404)
    expect((await press(dagny, await dagny.get(path), { text: 'Make administrator' })).location).toBe(path)
    expect((await ines.get('/members')).status).toBe(200)
    await press(dagny, await dagny.get(path), { text: 'Make a member' })
    expect((await ines.get('/members')).status).toBe(404)
    expect(
      trail().map(({ action, actor_name, target_name, changes }) => [
        action,
        actor_name,
        target_name,
        JSON.parse(changes),
      ]),
    ).toEqual([
      [
        'member.promoted',
        'dagny.holm@northlight.example.com',
        'ines.ferreira@northlight.example.com',
        { role: ['member', 'admin'] },
      ],
      [
        'member.demoted',
        'dagny.holm@northlight.example.com',
        'ines.ferreira@northlight.example.com',
        { role: ['admin', 'member'] },
      ],
    ])
  })

  it('keep the role when they sign in again', async () => {
    await dagny.post(`${await pageOf(ines)}/promote`)
    const { browser } = await signIn('U1')
    expect(await me(browser)).toMatchObject({ role: 'admin' })
  })

  it('are made only by somebody who signed in within the last ten minutes', async () => {
    const path = await pageOf(ines)
    app.now.value = () => new Date(Date.now() + 11 * 60_000)
    const page = await dagny.post(`${path}/promote`)
    expect(page.status).toBe(403)
    expect(page.text).toContain('sign_in_again')
    expect(await me(ines)).toMatchObject({ role: 'member' })
  })

  it('change nothing twice when a button is pressed twice', async () => {
    const path = await pageOf(ines)
    await Promise.all([dagny.post(`${path}/suspend`), dagny.post(`${path}/suspend`)])
    expect(trail().filter(entry => entry.action === 'member.suspended')).toHaveLength(1)
  })
})

describe('API keys of a member', () => {
  const newKey = async (browser: BrowserSession, name: string) => {
    const page = await press(browser, await browser.get('/self'), { text: 'Make the key' }, { name: [name] })
    return load(page.text)('[data-fresh="key"]').text()
  }
  const status = async (key: string) =>
    (await fetch(`${app.url}/api/v1/me`, { headers: { authorization: `Bearer ${key}` } })).status

  it('are all revoked by an administrator, and stay so; nobody is signed out, nobody else loses one', async () => {
    const theirs = [await newKey(ines, 'nightly'), await newKey(ines, 'sheet')]
    const others = await newKey(dagny, 'mine')
    expect(await Promise.all(theirs.map(status))).toEqual([200, 200])
    const path = await pageOf(ines)
    await press(dagny, await dagny.get(path), { text: 'Revoke all API keys' })
    const page = await dagny.get(path)
    expect(said(page)).toMatch(/2 API keys were revoked\.$/)
    expect(page.text).not.toContain('Revoke all API keys')
    expect(await Promise.all([...theirs, others].map(status))).toEqual([401, 401, 200])
    await dagny.post(`${path}/suspend`)
    await dagny.post(`${path}/resume`)
    expect(await Promise.all(theirs.map(status))).toEqual([401, 401])
    const revoked = auditTrail().filter(entry => entry.action === 'api_key.revoked')
    expect(revoked.map(entry => [entry.actor_name, entry.target_name]).sort()).toEqual([
      ['dagny.holm@northlight.example.com', 'nightly'],
      ['dagny.holm@northlight.example.com', 'sheet'],
    ])
  })
})

describe('the last administrator', () => {
  it('cannot be suspended, and the page says why', async () => {
    await app.restart({ ADMIN_EMAILS: 'ines.ferreira@northlight.example.com' })
    const { browser } = await signIn('U1')
    const path = await pageOf(browser)
    await browser.post(`${path}/suspend`)
    expect(said(await browser.get(path))).toMatch(/last administrator/)
    expect(await me(browser)).toMatchObject({ role: 'admin' })
    expect(trail()).toMatchObject([{ action: 'member.promoted' }])
  })

  it('is there even when two demote each other at the same time', async () => {
    await dagny.post(`${await pageOf(ines)}/promote`)
    // Nobody is named in ADMIN_EMAILS any more, so both are administrators by their role alone.
    const database = openSqlite(app.databaseFile)
    database.exec(`update members set admitted_by = 'domain:northlight.example.com'`)
    database.close()
    await app.restart({ ADMIN_EMAILS: '' })
    const [one, other] = [await pageOf(dagny), await pageOf(ines)]
    await Promise.all([dagny.post(`${other}/demote`), ines.post(`${one}/demote`)])
    expect([await me(dagny), await me(ines)].map(each => each.role).sort()).toEqual(['admin', 'member'])
    expect(trail().filter(entry => entry.action === 'member.demoted')).toHaveLength(1)
  })

  it('by a setting cannot be demoted here: the setting would win at the next sign-in', async () => {
    await dagny.post(`${await pageOf(ines)}/promote`)
    const path = await pageOf(dagny)
    const page = await ines.get(path)
    expect(page.text).toContain('ADMIN_EMAILS names dagny.holm@northlight.example.com')
    expect(page.text).not.toContain('Make a member')
    await ines.post(`${path}/demote`)
    expect(said(await ines.get(path))).toMatch(/A setting makes this person an administrator/)
    expect(await me(dagny)).toMatchObject({ role: 'admin' })
  })
})

describe('a suspended member', () => {
  it('is signed out everywhere at once, cannot come back, and keeps their connections', async () => {
    const { browser: elsewhere } = await signIn('U1')
    const { connections } = JSON.parse((await ines.get('/api/v1/connections')).text)
    const path = await pageOf(ines)
    await press(dagny, await dagny.get(path), { text: 'Suspend' })
    for (const browser of [ines, elsewhere]) expect((await browser.get('/accounts')).status).toBe(401)
    const { page } = await signIn('U1')
    expect([page.status, page.text.includes('member_suspended')]).toEqual([403, true])
    expect((await dagny.get(path)).text).toContain(`/connections/${connections[0].id}`)
    expect(trail().at(-1)).toMatchObject({
      action: 'member.suspended',
      changes: JSON.stringify({ status: ['active', 'suspended'], sessions: '2' }),
    })
  })

  it('whose suspension is lifted signs in again; old sessions stay ended', async () => {
    const path = await pageOf(ines)
    await dagny.post(`${path}/suspend`)
    await press(dagny, await dagny.get(path), { text: 'Lift the suspension' })
    expect((await ines.get('/accounts')).status).toBe(401)
    const { browser } = await signIn('U1')
    expect((await browser.get('/accounts')).status).toBe(200)
  })

  it('has API keys that open nothing while it lasts', async () => {
    const made = await press(ines, await ines.get('/self'), { text: 'Make the key' }, { name: ['report'] })
    const key = load(made.text)('[data-fresh="key"]').text()
    const ask = async () => (await app.browser().get('/api/v1/me', { authorization: `Bearer ${key}` })).status
    expect(await ask()).toBe(200)
    const path = await pageOf(ines)
    await dagny.post(`${path}/suspend`)
    expect(await ask()).toBe(401)
    await dagny.post(`${path}/resume`)
    expect(await ask()).toBe(200)
  })
})

it('an administrator ends the sessions of a member, who may come back', async () => {
  await press(dagny, await dagny.get(await pageOf(ines)), { text: 'End all sessions' })
  expect((await ines.get('/accounts')).status).toBe(401)
  expect((await signIn('U1')).page.status).toBe(303)
})

describe('identity', () => {
  it('is the sub: who takes over an address inherits neither membership nor connections', async () => {
    const before = await me(ines)
    // The address was given to somebody else: same e-mail and domain, another Google account.
    const database = openSqlite(app.databaseFile)
    database.exec(`update members set sub = 'the-sub-of-before' where email like 'ines%'`)
    database.close()
    const { browser, page } = await signIn('U1')
    expect([page.status, page.text.includes('email_of_another_identity')]).toEqual([403, true])
    expect((await browser.get('/accounts')).status).toBe(401)
    expect(await me(ines)).toEqual(before)
  })

  it('survives a changed address: same member, new address shown', async () => {
    const before = await me(ines)
    const person = app.google.scenario.people.find(each => each.label === 'U1')
    if (!person) throw new Error('nobody U1')
    const { email, name } = person
    Object.assign(person, { email: 'ines.almeida@northlight.example.com', name: 'Ines Almeida' })
    const { browser } = await signIn('U1').finally(() => Object.assign(person, { email, name }))
    expect(await me(browser)).toEqual({
      ...before,
      email: 'ines.almeida@northlight.example.com',
      name: 'Ines Almeida',
    })
  })
})
