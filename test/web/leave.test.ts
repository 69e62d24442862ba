import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { openSqlite } from '../support/sqlite.ts'

const tomasz = 'tomasz.wojcik@northlight.example.com'
const rafael = 'rafael.quint@northlight.example.com'
const dagny = 'dagny.holm@northlight.example.com'

let app: TestApp
let leaver: BrowserSession
let admin: BrowserSession
let stays: BrowserSession
let leave: string

interface ConnectionJson {
  id: string
  email: string
  status: string
  shared: boolean
  owner: { id: string; email: string }
}

beforeEach(async () => {
  app = await startApp()
  admin = await app.connected('ADMIN')
  stays = await app.connected('ODD')
  leaver = await app.connected('U2')
  leave = `/members/${(await me(leaver)).id}/leave`
})
afterEach(() => app.close())

const me = async (browser: BrowserSession) => JSON.parse((await browser.get('/api/v1/me')).text).member
const list = async (browser: BrowserSession): Promise<ConnectionJson[]> =>
  JSON.parse((await browser.get('/api/v1/connections')).text).connections
const idOf = async (browser: BrowserSession, email: string) =>
  (await list(browser)).find(each => each.email === email)?.id ?? ''
const accountId = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.id ?? ''
const asked = (operation: string) => app.google.requests.filter(request => request.operation === operation)
const text = (page: Page) => load(page.text)('main').text().replace(/\s+/g, ' ')

/** Chooses on the page, looks at what that means, and (with `confirm`) does it. */
async function choose(fates: Record<string, string>, { suspend = false } = {}): Promise<Page> {
  const change = Object.fromEntries(Object.entries(fates).map(([id, fate]) => [`fate_${id}`, [fate]]))
  return press(
    admin,
    await admin.get(leave),
    { text: 'See what that means' },
    {
      ...change,
      ...(suspend && { suspend: ['1'] }),
    },
  )
}
const confirm = (page: Page) => press(admin, page, { text: `Do this for ${tomasz}` })

describe('when somebody leaves', () => {
  it('only an admin decides, and the page is nothing to anybody else', async () => {
    expect((await leaver.get(leave)).status).toBe(404)
    expect((await leaver.post(leave, { all: 'revoke' })).status).toBe(404)
    expect((await admin.get('/members/nobody/leave')).status).toBe(404)
    expect((await admin.get(leave)).status).toBe(200)
  })

  it('nothing is handed to a suspended member, who is not offered either', async () => {
    const id = await idOf(leaver, tomasz)
    const suspended = (await me(stays)).id
    const fate = `transfer:${suspended}`
    expect((await admin.get(leave)).text).toContain(fate)
    await admin.post(`/members/${suspended}/suspend`)
    expect((await admin.get(leave)).text).not.toContain(fate)
    expect((await admin.post(leave, { [`fate_${id}`]: fate })).status).toBe(400)
    expect((await list(leaver)).map(each => each.owner.email)).toEqual([tomasz])
  })

  it('everything can be revoked, after a look at what that means', async () => {
    const page = await press(admin, await admin.get(leave), { text: 'Revoke all…' })
    expect(text(page)).toContain(`${tomasz} is revoked.`)
    expect(asked('revoke')).toEqual([])
    expect(await confirm(page)).toMatchObject({ status: 303, location: leave })
    expect(asked('revoke')).toHaveLength(1)
    expect((await list(leaver)).map(each => each.status)).toEqual(['revoked'])
    expect(text(await admin.get(leave))).toContain(`${tomasz} owns no connection.`)
  })

  it('what Google does not confirm is named, the rest is done', async () => {
    app.google.control.addFault({ match: { operation: 'revoke' }, effect: { kind: 'status', status: 500 } })
    await confirm(await choose({ [await idOf(leaver, tomasz)]: 'revoke' }))
    const page = await admin.get(leave)
    expect(page.text).toContain(`Not yet confirmed by Google and asked again: ${tomasz}.`)
  })

  it('a connection goes to another member, and the member is suspended', async () => {
    const { id: rafaelsId } = await me(stays)
    const id = await idOf(leaver, tomasz)
    const page = await choose({ [id]: `transfer:${rafaelsId}` }, { suspend: true })
    expect(text(page)).toContain(`${tomasz} goes to ${rafael}.`)
    expect(text(page)).toContain(`${tomasz} is suspended and signed out everywhere.`)
    await confirm(page)
    expect((await leaver.get('/api/v1/me')).status).toBe(401)
    expect((await stays.get(`/api/v1/connections/${id}/customers?refresh=1`)).status).toBe(200)
    expect((await admin.get(leave)).text).toContain('2 steps done.')
  })

  it('nothing happens by looking, by choosing nothing, or by a choice the page does not offer', async () => {
    const id = await idOf(leaver, tomasz)
    expect(text(await choose({ [id]: 'keep' }))).toContain(`${tomasz} stays as it is.`)
    const plan = await choose({ [id]: 'revoke' }, { suspend: true })
    const again = load((await admin.get(load(plan.text)('a:contains("Choose again")').attr('href') ?? '')).text)
    expect(again('select').val()).toBe('revoke')
    expect(again('input[name="suspend"]').is(':checked')).toBe(true)
    const { id: ownId } = await me(leaver)
    for (const fate of [`transfer:${ownId}`, `replace:${id}`, 'transfer:', 'burn']) {
      expect((await admin.post(leave, { [`fate_${id}`]: fate })).status, fate).toBe(400)
    }
    expect((await list(leaver)).map(each => each.status)).toEqual(['active'])
  })

  it('asks for a sign-in that is not old', async () => {
    app.now.value = () => new Date(Date.now() + 11 * 60_000)
    const page = await confirm(await choose({ [await idOf(leaver, tomasz)]: 'revoke' }))
    expect(page.status).toBe(403)
    expect(page.text).toContain('sign_in_again')
    expect(asked('revoke')).toEqual([])
  })

  it('an admin does not suspend themselves here', async () => {
    const database = openSqlite(app.databaseFile)
    database.prepare("update members set role = 'admin' where email = ?").run(rafael)
    database.close()
    const own = `/members/${(await me(admin)).id}/leave`
    expect(text(await admin.get(own))).toContain('You cannot suspend yourself here.')
    await admin.post(own, { suspend: '1' })
    expect((await admin.get('/api/v1/me')).status).toBe(200)
  })
})

describe('replacing one connection by another', () => {
  it('says what is not known, then which accounts are lost, from what was read and with its age', async () => {
    const [id, dagnys] = [await idOf(leaver, tomasz), await idOf(admin, dagny)]
    const fates = { [id]: `replace:${dagnys}` }
    expect(text(await choose(fates))).toContain('what is lost is not known')

    await leaver.get(`/api/v1/connections/${id}/customers`)
    await admin.get(`/api/v1/connections/${dagnys}/customers`)
    const half = text(await choose(fates))
    expect(half).toContain(`Not known whether ${dagny} opens 2 accounts of these`)
    expect(half).toContain('have not all been read, so there may be more')

    for (const root of ['M2', 'M3']) {
      await leaver.get(`/api/v1/connections/${id}/customers/${accountId(root)}/hierarchy?wait=10`)
    }
    for (const root of ['O1', 'O4']) {
      await admin.get(`/api/v1/connections/${dagnys}/customers/${accountId(root)}/hierarchy?wait=10`)
    }
    const page = await choose(fates)
    expect(text(page)).toMatch(new RegExp(`${dagny} does not open \\d+ accounts of these`))
    expect(text(page)).not.toContain('may be more')
    const lost = load(page.text)('main [data-customer-id]')
      .toArray()
      .map(element => element.attribs['data-customer-id'])
    expect(lost.sort()).toEqual(['M2', 'M3', 'A1', 'A2', 'A3', 'A4'].map(accountId).sort())
    expect(asked('revoke')).toEqual([])
  })

  it('moves the sharing and the login customers people chose, then revokes the old one', async () => {
    const [old, heir] = [await idOf(stays, rafael), await idOf(admin, dagny)]
    leave = `/members/${(await me(stays)).id}/leave`
    await stays.post(`/connections/${old}/share`)
    await admin.get('/accounts')
    const picked = await leaver.post('/login-customer', { connection_id: old, customer_id: accountId('O4') })
    expect(picked.status).toBe(303)

    const page = await choose({ [old]: `replace:${heir}` })
    expect(text(page)).toContain(`${dagny} becomes shared with the team.`)
    await press(admin, page, { text: `Do this for ${rafael}` })
    expect((await list(admin)).find(each => each.id === heir)).toMatchObject({ shared: true, status: 'active' })
    expect((await list(stays)).find(each => each.id === old)).toMatchObject({ status: 'revoked' })
    const after = await leaver.get('/connections')
    const where = load(after.text)('[aria-label="Where you are"]').text()
    expect(where).toContain(accountId('O4').replace(/(\d{3})(\d{3})(\d{4})/, '$1-$2-$3'))
    expect(after.text).toContain(`Google account in use: ${dagny}`)
  })
})
