import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'

let app: TestApp
beforeEach(async () => {
  app = await startApp()
})
afterEach(() => app.close())

const idOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.id ?? ''
const shown = (label: string) => idOf(label).replace(/^(...)(...)/, '$1-$2-')
const nameOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.name ?? ''
const emailOf = (label: string) => app.google.scenario.people.find(person => person.label === label)?.email ?? ''

async function ask(browser: BrowserSession, query: Record<string, string>) {
  const page = await browser.get(`/find?${new URLSearchParams(query)}`)
  expect(page.status, page.text.slice(0, 400)).toBe(200)
  const $ = load(page.text)
  isWellFormed($)
  const text = (selector: string) => $(selector).text().replace(/\s+/g, ' ').trim()
  return { page, $, text, title: text('#find-answer'), answer: text('.find-banner'), all: text('main') }
}

/** Nothing undefined, one main heading and the others in order, no two equal ids. */
function isWellFormed($: ReturnType<typeof load>): void {
  expect($('main').text()).not.toMatch(/undefined|\[object Object\]|NaN|\bnull\b/)
  expect($('h1')).toHaveLength(1)
  const levels = $('main :is(h1, h2, h3, h4)')
    .toArray()
    .map(heading => Number(heading.tagName.slice(1)))
  for (const [at, level] of levels.entries()) expect(level - (levels[at - 1] ?? 0)).toBeLessThanOrEqual(1)
  const ids = $('[id]')
    .toArray()
    .map(element => element.attribs.id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const link of $('main a[href]').toArray()) expect(link.attribs.href).toMatch(/^\/(?!\/)/)
}

async function askJson(browser: BrowserSession, query: Record<string, string>) {
  const page = await browser.get(`/api/v1/find?${new URLSearchParams(query)}`)
  return { status: page.status, body: JSON.parse(page.text) }
}

/** Reads the direct accounts and hierarchies, so that what is looked for later is already known. */
async function warm(browser: BrowserSession, label: string) {
  await browser.get(`/find?customer_id=${idOf(label)}`)
  app.google.control.clearRequests()
}

const adsCalls = () => app.google.requests.filter(({ host }) => host === 'googleads.googleapis.com')

function refuse(match: object, code: string, family = 'authorizationError') {
  app.google.control.addFault({
    match: { host: 'googleads.googleapis.com', ...match },
    effect: { kind: 'google_ads_error', family, code },
  })
}

async function connectionIds(browser: BrowserSession): Promise<Record<string, string>> {
  const { connections } = JSON.parse((await browser.get('/api/v1/connections')).text)
  return Object.fromEntries(connections.map((each: { email: string; id: string }) => [each.email, each.id]))
}

describe('an account that hangs below a manager', () => {
  it('is found in any notation, with the way, the role, the header and Google’s verdict', async () => {
    const browser = await app.connected('U1')
    const notations = [idOf('A1'), shown('A1'), `customers/${idOf('A1')}`, ` ${shown('A1').replaceAll('-', '–')} `]
    for (const customer_id of notations) {
      const { title, answer, text, $ } = await ask(browser, { customer_id })
      expect(title).toBe(`${emailOf('U1')} opens it through ${nameOf('M1')}`)
      expect(answer).toContain('Google lists only the accounts')
      expect(text('[aria-labelledby="find-header"]')).toContain(`login-customer-id: ${idOf('M1')}`)
      const row = text(`tr[data-login-customer-id="${idOf('M1')}"]`)
      expect(row).toContain([nameOf('M1'), nameOf('M2'), nameOf('A1')].join(' '))
      expect(row).toMatch(/Standard.*5 accounts looked through.*Opens/)
      expect($('.find-answer').attr('data-customer-id')).toBe(idOf('A1'))
    }
  })

  it('costs one operation more than what is stored, and none the second time', async () => {
    const browser = await app.connected('U1')
    await warm(browser, 'A1')
    await ask(browser, { customer_id: idOf('A2') })
    await ask(browser, { customer_id: idOf('A2') })
    expect(adsCalls().map(({ customerId, loginCustomerId }) => [customerId, loginCustomerId])).toEqual([
      [idOf('A2'), idOf('M1')],
    ])
  })

  it('names the login customer in use that does not lead there, and switches with one button', async () => {
    const browser = await app.connected('U2')
    const [connection] = Object.values(await connectionIds(browser))
    await browser.post('/login-customer', { connection_id: connection ?? '', customer_id: idOf('M2') })
    const { page, answer } = await ask(browser, { customer_id: idOf('A4') })
    expect(answer).toContain(`You looked through ${nameOf('M2')}, and no path leads there from it.`)
    const after = await press(browser, page, { text: `Use ${shown('M3')}` })
    expect([after.status, after.location]).toEqual([303, `/connections/${connection}/accounts/${idOf('M3')}`])
    expect((await ask(browser, { customer_id: idOf('A4') })).answer).not.toContain('You looked through')
  })

  it('says how the role depends on the way, and who can change it as far as Google tells', async () => {
    const browser = await app.connected('ODD')
    const { title, answer, text } = await ask(browser, { customer_id: idOf('O8'), login_customer_id: idOf('O4') })
    expect(title).toBe(`${emailOf('ODD')} opens it directly`)
    expect(answer).toContain(`Through ${nameOf('O4')} you act as Read only; through the account itself you are Admin.`)
    expect(answer).toContain(`Who can change roles on ${nameOf('O4')}: ${emailOf('ADMIN')}.`)
    expect(text('[aria-labelledby="find-header"]')).toContain('It may be left out')
    const both = await ask(await app.connected('U2'), { customer_id: idOf('A1'), login_customer_id: idOf('M3') })
    expect(both.answer).toContain(
      `Through ${nameOf('M3')} you act as Read only; through ${nameOf('M2')} you are Standard.`,
    )
  })

  it('asks for a higher role where every way is weak', async () => {
    const { $ } = await ask(await app.connected('U2'), { customer_id: idOf('A4') })
    const message = $('textarea').text()
    expect(message).toContain(`${emailOf('U2')} has the role “Read only” on the Google Ads account ${nameOf('M3')}`)
    expect(message).toContain('raise it to Standard')
  })
})

describe('an account Google does not open', () => {
  it('is there but cancelled', async () => {
    const { title, answer, text, $ } = await ask(await app.connected('ADMIN'), { customer_id: idOf('O5') })
    expect(title).toBe('This account was cancelled')
    expect(answer).toMatch(/An administrator of .* Check again/)
    expect(answer).toContain('CUSTOMER_NOT_ENABLED')
    expect(answer).toContain('A new consent changes nothing here.')
    expect(text(`tr[data-login-customer-id="${idOf('O1')}"]`)).toMatch(/Refused CUSTOMER_NOT_ENABLED .* request ID/)
    expect($('textarea').text()).toContain(shown('O5'))
  })

  it('is known to be cancelled or suspended even where only the account itself was opened', async () => {
    const browser = await app.connected('ODD')
    expect((await ask(browser, { customer_id: idOf('O5') })).title).toBe('This account is not enabled')
    const suspended = await ask(browser, { customer_id: idOf('O6') })
    expect(suspended.answer).toContain('Google suspended this account. It can be looked at, but not changed.')
    refuse({ customerId: idOf('O6') }, 'ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT')
    await press(browser, suspended.page, { text: 'Check again' })
    expect((await ask(browser, { customer_id: idOf('O6') })).title).toBe('Google suspended this account')
  })

  it('waits for a link, was refused one, or lost it, with the message that helps', async () => {
    const browser = await app.connected('ADMIN')
    const links: [string, string, string][] = [
      ['O18', `The link to ${nameOf('O1')} waits for an answer`, 'Please accept it'],
      ['O19', `The link to ${nameOf('O1')} was refused`, 'We would like to send a new request'],
      ['O24', `The link to ${nameOf('O1')} has ended`, 'We would like to send a new request'],
    ]
    for (const [label, title, text] of links) {
      const found = await ask(browser, { customer_id: idOf(label) })
      expect(found.title).toBe(title)
      expect(found.$('textarea').text()).toContain(text)
      expect(found.all).toContain('4 managers were asked for their links.')
    }
  })

  it('is out of reach: the message says whom to invite and which manager to link', async () => {
    const { title, $, all, answer } = await ask(await app.connected('U1'), { customer_id: idOf('A4') })
    expect(title).toBe(`${emailOf('U1')} has no access`)
    expect(answer).toContain('USER_PERMISSION_DENIED')
    const message = $('textarea').text()
    for (const part of [shown('A4'), emailOf('U1'), nameOf('M1'), shown('M1')]) expect(message).toContain(part)
    expect(message).not.toMatch(/<|undefined/)
    expect(all).toContain('Without a login customer')
    expect($('a[href*="intent=reconnect"]')).toHaveLength(0)
  })

  const refusals: [string, string, string, string][] = [
    [
      'TWO_STEP_VERIFICATION_NOT_ENROLLED',
      'authenticationError',
      'must turn on 2-Step Verification',
      'A colleague cannot',
    ],
    ['ADVANCED_PROTECTION_NOT_ENROLLED', 'authenticationError', 'Advanced Protection', 'A colleague cannot'],
    [
      'CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION',
      'authorizationError',
      'test accounts only',
      'Reconnecting does not help',
    ],
    ['DEVELOPER_TOKEN_NOT_APPROVED', 'authorizationError', 'test accounts only', 'Reconnecting does not help'],
    ['NOT_ADS_USER', 'authenticationError', 'opens no Google Ads account at all', 'wrong Google account'],
    ['ACTION_NOT_PERMITTED', 'authorizationError', 'is too low', 'higher role'],
    ['USER_PERMISSION_DENIED', 'authorizationError', 'no longer opens it', 'linked again'],
    ['TRANSIENT_ERROR', 'internalError', 'Google gave no verdict', 'Check again later'],
  ]
  it.each(refusals)('because of %s is its own finding', async (code, family, title, part) => {
    const browser = await app.connected('U1')
    await warm(browser, 'A1')
    refuse({ customerId: idOf('A2') }, code, family)
    const found = await ask(browser, { customer_id: idOf('A2') })
    expect(found.title).toContain(title)
    expect(found.answer).toContain(part)
    expect(found.answer).toContain(code)
    expect(found.answer).toContain('Check again')
    expect(found.answer).toMatch(/Google’s request ID ?\S{8,}/)
  })

  it('is a production account for a project at Test level, while test accounts go on working', async () => {
    const browser = await app.connected('ADMIN')
    await warm(browser, 'O5')
    app.google.control.setProject('ads-keyring-sandbox', { adsAccessLevel: 'test' })
    expect((await ask(browser, { customer_id: idOf('O25') })).title).toBe(
      'This installation may use test accounts only',
    )
    expect((await ask(browser, { customer_id: idOf('O8') })).title).toContain('opens it through')
  })
})

describe('checking again', () => {
  it('asks Google anew', async () => {
    const browser = await app.connected('U1')
    const before = await ask(browser, { customer_id: idOf('A2'), expected: emailOf('U1') })
    refuse({ customerId: idOf('A2') }, 'TWO_STEP_VERIFICATION_NOT_ENROLLED', 'authenticationError')
    expect((await ask(browser, { customer_id: idOf('A2') })).title).toContain('opens it through')
    const again = await press(browser, before.page, { text: 'Check again' })
    expect(again.status).toBe(303)
    const $ = load((await browser.get(again.location ?? '')).text)
    expect($('#find-answer').text()).toContain('must turn on 2-Step Verification')
    expect($('input[name="expected"]').val()).toBe(emailOf('U1'))
  })

  it('names branches that failed, and reads them', async () => {
    const browser = await app.connected('ADMIN')
    refuse({ customerId: idOf('O3'), queryIncludes: 'level <= 1' }, 'INTERNAL_ERROR', 'internalError')
    const { all, page } = await ask(browser, { customer_id: idOf('A1') })
    expect(all).toContain(`Not read below ${nameOf('O3')}`)
    app.google.control.clearFaults()
    await press(browser, page, { text: 'Check again' })
    expect((await ask(browser, { customer_id: idOf('A1') })).all).not.toContain('Not read below')
  })

  it('is nobody else’s to cause', async () => {
    const browser = await app.connected('U1')
    app.google.control.clearRequests()
    const forged = await browser.post('/find', { customer_id: idOf('A1') }, { origin: 'https://evil.example' })
    expect(forged.status).toBe(403)
    expect(adsCalls()).toEqual([])
  })
})

describe('whose Google account was asked', () => {
  it('is compared with the one expected', async () => {
    const browser = await app.connected('U3')
    const wrong = await ask(browser, { customer_id: idOf('A1'), expected: emailOf('U1') })
    expect(wrong.title).toBe(`${emailOf('U1')} is not connected here`)
    expect(wrong.text('[aria-labelledby="find-identity"]')).toMatch(
      /mei\.lindqvist.*Mei Lindqvist.*Expected.*They differ/,
    )
    const href = wrong.$('.find-banner a.button-primary').attr('href') ?? ''
    expect(new URLSearchParams(href.split('?')[1]).get('login_hint')).toBe(emailOf('U1'))
    const right = await ask(browser, { customer_id: idOf('A1'), expected: emailOf('U3').toUpperCase() })
    expect(right.title).toBe(`${emailOf('U3')} has no access`)
    expect(right.text('[aria-labelledby="find-identity"]')).toContain('This is the Google account you expect.')
  })

  it('is compared with an address only', async () => {
    const { all, $ } = await ask(await app.connected('U3'), { customer_id: idOf('A1'), expected: 'no address' })
    expect(all).not.toContain('They differ')
    expect($('input[name="expected"]').val()).toBe('')
  })

  it('leaves a better explanation alone', async () => {
    const { title, all } = await ask(await app.connected('ADMIN'), { customer_id: idOf('O5'), expected: 'a@b.example' })
    expect(title).toBe('This account was cancelled')
    expect(all).toContain('They differ: a@b.example')
  })
})

describe('several connections', () => {
  async function two() {
    const browser = await app.connected('U1')
    await followConsent(browser, await browser.get('/auth/start'), 'GMAIL')
    return browser
  }

  it('are all looked through, the one that opens the account first', async () => {
    const browser = await two()
    const { title, $, all } = await ask(browser, { customer_id: idOf('O25') })
    expect(title).toBe(`${emailOf('GMAIL')} opens it directly`)
    expect($('.find-section')).toHaveLength(2)
    expect(all).toContain(`${emailOf('U1')} does not lead there`)
    expect((await ask(browser, { customer_id: idOf('O24') })).title).toBe('None of your 2 connections opens it')
  })

  it('can be narrowed to one, which is then asked live', async () => {
    const browser = await two()
    const ids = await connectionIds(browser)
    const { title, $ } = await ask(browser, { customer_id: idOf('O25'), connection: ids[emailOf('U1')] ?? '' })
    expect(title).toBe(`${emailOf('U1')} has no access`)
    expect($('.find-section')).toHaveLength(1)
  })

  it('do not suffer from one whose credential died, which says why and what it knew', async () => {
    const browser = await two()
    await ask(browser, { customer_id: idOf('A1') })
    app.google.control.revokeGrant('U1')
    app.google.control.expireAccessTokens('U1')
    const dead = await ask(browser, { customer_id: idOf('A2') })
    expect(dead.title).toBe(`${emailOf('U1')} must be reconnected`)
    expect(dead.answer).toMatch(/Google says the credential has expired or was withdrawn.*it led to .* through/)
    expect(dead.$('.find-banner a.button-primary').attr('href')).toContain('intent=reconnect')
    expect(dead.$('textarea').text()).toContain(`${app.url}/auth/start?intent=reconnect`)
    const other = await ask(browser, { customer_id: idOf('O25') })
    expect(other.title).toBe(`${emailOf('GMAIL')} opens it directly`)
    expect(other.all).toContain(`${emailOf('U1')} must be reconnected`)
  })

  it('that are paused are not asked, and say so with what they knew', async () => {
    const browser = await two()
    await ask(browser, { customer_id: idOf('A1') })
    const ids = await connectionIds(browser)
    const paused = ids[emailOf('U1')] ?? ''
    expect((await browser.post(`/connections/${paused}/pause`)).status).toBe(303)
    app.google.control.clearRequests()
    const { title, answer, $ } = await ask(browser, { customer_id: idOf('A1'), connection: paused })
    expect(title).toBe(`The connection of ${emailOf('U1')} is paused`)
    expect(answer).toContain(`it led to ${shown('A1')} through ${nameOf('M1')}`)
    expect($('.find-banner a.button-primary').attr('href')).toBe(`/connections/${paused}`)
    expect(adsCalls()).toEqual([])
  })

  it('of somebody else do not exist', async () => {
    const browser = await app.connected('U3')
    const [foreign = ''] = Object.values(await connectionIds(await app.connected('U1')))
    for (const query of [{ connection: foreign }, { connection: 'nope' }]) {
      const path = new URLSearchParams({ customer_id: idOf('A1'), ...query })
      expect((await browser.get(`/find?${path}`)).status).toBe(404)
      expect((await browser.get(`/api/v1/find?${path}`)).status).toBe(404)
      expect((await browser.post('/find', { customer_id: idOf('A1'), ...query })).status).toBe(404)
    }
    const { all } = await ask(browser, { customer_id: idOf('A1') })
    expect(all).not.toContain(emailOf('U1'))
  })
})

describe('a name', () => {
  it('lists what fits, with nothing chosen; one match is answered', async () => {
    const browser = await app.connected('ADMIN')
    const many = await ask(browser, { customer_id: 'NORTHLIGHT' })
    expect(many.text('#find-names')).toBe('4 accounts fit “NORTHLIGHT”')
    expect(many.$('tr[data-customer-id]')).toHaveLength(4)
    expect(many.title).toBe('')
    const link = many.$(`tr[data-customer-id="${idOf('O3')}"] a`).attr('href') ?? ''
    expect(load((await browser.get(link)).text)('#find-answer').text()).toBe(
      `${emailOf('ADMIN')} opens it through ${nameOf('O1')}`,
    )
    const one = await ask(browser, { customer_id: 'honolulu' })
    expect(one.all).toContain('Honolulu Surf School is the one account that fits “honolulu”.')
    expect(one.title).toContain('opens it through')
    const part = await ask(browser, { customer_id: '88001500' })
    expect(part.all).toContain('a customer ID has ten')
    expect(part.$('tr[data-customer-id]').length).toBeGreaterThan(10)
  })

  it('that fits nothing says what was looked at; markup in it stays text', async () => {
    const { all, page } = await ask(await app.connected('U1'), { customer_id: '<b>"x</b>' })
    expect(all).toContain('No account fits “<b>"x</b>”')
    expect(all).toContain(`${emailOf('U1')}: 5 accounts looked through`)
    expect(page.text).not.toContain('<b>"x')
  })
})

describe('the empty page', () => {
  it('asks Google nothing and leads from everywhere', async () => {
    const browser = await app.connected('U1')
    await warm(browser, 'A1')
    const { $ } = await ask(browser, {})
    expect($('.find-answer')).toHaveLength(0)
    expect(adsCalls()).toEqual([])
    const [connection] = Object.values(await connectionIds(browser))
    for (const path of ['/accounts', `/connections/${connection}/accounts/${idOf('M1')}`]) {
      const page = load((await browser.get(path)).text)
      expect(page('main a[href^="/find"]').length, path).toBe(1)
      expect(page('header a[href="/find"]').length).toBeGreaterThan(0)
    }
    const missing = await browser.get(`/connections/${connection}/accounts/${idOf('M1')}/${idOf('A4')}`)
    expect(missing.status).toBe(404)
    const why = load(missing.text)('a:contains("Find out why")').attr('href')
    expect(why).toContain(`/find?customer_id=${idOf('A4')}`)
  })

  it('is for members', async () => {
    expect((await app.browser().get('/find')).status).toBe(401)
    expect((await app.browser().get(`/api/v1/find?customer_id=${idOf('A1')}`)).status).toBe(401)
  })
})

describe('the same as JSON', () => {
  it('gives the facts', async () => {
    const { body } = await askJson(await app.connected('U2'), { customer_id: shown('A1'), expected: 'x@y.example' })
    expect(body).toMatchObject({
      customerId: idOf('A1'),
      expected: 'x@y.example',
      matches: null,
      finding: { title: `${emailOf('U2')} opens it through ${nameOf('M2')}`, message: null },
      answers: [
        {
          email: emailOf('U2'),
          code: 'reachable',
          direct: false,
          recommended: { loginCustomerId: idOf('M2'), headerMayBeOmitted: false, accessRole: 'STANDARD' },
          late: false,
        },
      ],
    })
    const roots = Object.fromEntries(
      body.answers[0].roots.map((each: { loginCustomerId: string }) => [each.loginCustomerId, each]),
    )
    expect(roots[idOf('M3')]).toMatchObject({
      accessRole: 'READ_ONLY',
      paths: [[idOf('M3'), idOf('A1')]],
      tested: { ok: true },
    })
    expect(roots[idOf('M2')]).toMatchObject({ searched: { accounts: 4, complete: true }, tested: { ok: true } })
  })

  it('gives matches for a name, Google’s refusals with their request id, and a problem for nothing', async () => {
    const browser = await app.connected('ADMIN')
    const { body: names } = await askJson(browser, { customer_id: 'northlight' })
    expect(names).toMatchObject({ customerId: null, finding: null, answers: [], matches: { total: 4 } })
    const { body } = await askJson(browser, { customer_id: idOf('O18') })
    expect(body.answers[0]).toMatchObject({
      code: 'link_pending',
      links: { links: [{ managerId: idOf('O1'), status: 'PENDING' }] },
      withoutLoginCustomer: { ok: false, problem: { code: 'USER_PERMISSION_DENIED', requestId: expect.any(String) } },
    })
    expect(await askJson(browser, {})).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  })
})
