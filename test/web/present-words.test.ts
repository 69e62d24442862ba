import { describe, expect, test } from 'vitest'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import { en } from '../../src/messages/en.ts'
import { dailyChart } from '../../src/web/present/daily-chart.ts'
import { presentError, presentFinding } from '../../src/web/present/finding.ts'
import { presentFrame } from '../../src/web/present/frame.ts'
import { money } from '../../src/web/present/numbers.ts'
import { personChip } from '../../src/web/present/person.ts'
import { problemNote } from '../../src/web/present/problem.ts'
import { moment } from '../../src/web/present/times.ts'
import { now, report } from './present/fixtures.ts'

describe('money', () => {
  test.each([
    [1_234_567_890n, 'EUR', '€1,234.57'],
    [1_234_567_890n, 'JPY', 'JP¥1,235'],
    [1_234_567_890n, 'KWD', 'KWD 1,234.568'],
    [-5_000n, 'EUR', '-€0.01'],
    [0n, 'USD', 'US$0.00'],
    [9_007_199_254_740_993_000_000n, 'EUR', '€9,007,199,254,740,993.00'],
    [1_500_000n, null, '1.50'],
    [1_500_000n, 'not a currency', '1.50'],
  ])('%s micros of %s read %s', (micros, currency, shown) => {
    expect(money(micros, currency, en).replaceAll('\u00a0', ' ')).toBe(shown)
  })
})

describe('ages', () => {
  test.each([
    ['2026-11-23T11:59:40Z', 'just now'],
    ['2026-11-23T11:48:00Z', '12 minutes ago'],
    ['2026-11-23T09:01:00Z', '2 hours ago'],
    ['2026-11-22T11:00:00Z', '1 day ago'],
    ['2026-11-16T12:00:00Z', '7 days ago'],
    ['2026-11-27T12:00:00Z', 'in 4 days'],
    ['2026-11-25T04:00:00Z', 'in 2 days'],
    ['2026-11-24T11:59:50Z', 'in 24 hours'],
    ['2026-11-23T12:00:05Z', 'just now'],
  ])('%s is %s', (iso, ago) => {
    expect(moment(iso, now, en).ago).toBe(ago)
  })

  test('the exact time names its zone', () => {
    expect(moment('2026-11-23T11:48:00Z', now, en).exact).toBe('23 Nov 2026, 11:48:00 UTC')
  })
})

describe('findings', () => {
  const codes = Object.keys(en.errors) as ErrorCode[]
  const params = {
    email: 'ann@agency.example',
    expectedEmail: 'ann@agency.example',
    actualEmail: 'other@gmail.example',
    connectionId: 'c1',
    customerId: '1234567890',
    loginCustomerId: '1000000001',
    reason: 'testing_expired',
  }

  test.each(codes)('%s says what happened and what to do, with and without particulars', code => {
    for (const given of [{}, params]) {
      const finding = presentError(new AppError(code, { params: given }), {
        t: en,
        now,
        signedIn: true,
        status: 400,
        requestId: 'r1',
        path: '/accounts',
      })
      const text = [finding.title, finding.whatHappened, ...finding.whatToDo, finding.who ?? ''].join(' ')
      expect(finding.whatToDo.length).toBeGreaterThan(0)
      expect(finding.actions.length).toBeGreaterThan(0)
      expect(text).not.toMatch(/undefined|null|NaN|\[object|!|went wrong|oops/i)
      expect(finding.why.map(item => item.value)).toEqual(expect.arrayContaining([code, 'r1']))
      for (const action of finding.actions) expect(action.href).toMatch(/^\/(?!\/)/)
    }
  })

  test('Google’s own code, words and request ID are shown as evidence, beside ours', () => {
    const error = new AppError('ads_permission_denied', {
      google: { code: 'USER_PERMISSION_DENIED', message: 'No permission.', requestId: 'gr', status: 403 },
    })
    const { why } = presentFinding(error, { t: en, now, signedIn: true, loginCustomerId: '1000000001' })
    expect(why).toEqual(
      expect.arrayContaining([
        { label: 'Google’s code', value: 'USER_PERMISSION_DENIED' },
        { label: 'Google’s request ID', value: 'gr' },
        { label: 'Login customer', value: '100-000-0001' },
      ]),
    )
  })

  test('another Google account at reconnecting: both addresses, both ways on', () => {
    const { actions, whatHappened } = presentError(new AppError('reconnect_other_account', { params }), {
      t: en,
      now,
      signedIn: true,
      status: 409,
    })
    expect(whatHappened).toContain('ann@agency.example')
    expect(whatHappened).toContain('other@gmail.example')
    expect(actions.map(action => action.href)).toEqual([
      '/auth/start?intent=reconnect&connection=c1',
      '/auth/start?intent=connect&login_hint=other%40gmail.example',
      '/connections',
    ])
  })

  test('signed out: the way in leads back to the page', () => {
    const { actions } = presentError(new AppError('signed_out'), {
      t: en,
      now,
      signedIn: false,
      status: 401,
      path: '/accounts?q=a b',
    })
    expect(actions[0]?.href).toBe('/auth/start?intent=sign-in&return_to=%2Faccounts%3Fq%3Da+b')
  })

  test('a wait is said in people’s units', () => {
    const error = new AppError('ads_quota_exhausted', { retryAfterSeconds: 40591 })
    expect(presentFinding(error, { t: en, now, signedIn: true }).whatToDo[0]).toBe(
      'Google allows calls again in about 11 hours.',
    )
  })
})

describe('problems beside a row', () => {
  test.each([
    ['CUSTOMER_NOT_ENABLED', 'x', 'Cancelled, suspended, or not set up to the end. Google does not open it.'],
    ['NEW_AT_GOOGLE', 'Google’s own words.', 'Google’s own words.'],
    ['NEW_AT_GOOGLE', ' ', 'Google refused and gave no reason.'],
    ['google_unreachable', '', 'Google cannot be reached'],
    ['constructor', 'Words.', 'Words.'],
  ])('%s', (code, message, sentence) => {
    expect(problemNote({ code, message, requestId: null }, en).sentence).toBe(sentence)
  })
})

describe('the daily chart', () => {
  test('bars stand on the base line and below the highest line', () => {
    const chart = dailyChart(report(), en)
    expect(chart?.bars).toHaveLength(30)
    const base = chart?.ticks[0]?.y ?? 0
    const top = chart?.ticks.at(-1)?.y ?? 0
    for (const bar of chart?.bars ?? []) {
      expect(bar.y + bar.height).toBeCloseTo(base, 0)
      expect(bar.y).toBeGreaterThanOrEqual(top)
    }
  })

  test('days without any cost are drawn as such', () => {
    const days = report().days.map(day => ({ ...day, costMicros: 0n }))
    expect(dailyChart(report({ days }), en)?.description).toBe('No cost in these 30 days.')
    expect(dailyChart(report({ days: [] }), en)).toBeNull()
  })
})

describe('addresses from outside', () => {
  test('only pictures that Google serves are shown', () => {
    expect(personChip('a@b.c', null, 'https://lh3.googleusercontent.com/a/x').picture).not.toBeNull()
    for (const url of [
      'javascript:alert(1)',
      'https://evil.example/x.png',
      'https://lh3.googleusercontent.com.evil.example/',
    ]) {
      expect(personChip('a@b.c', null, url).picture).toBeNull()
    }
  })

  test('the stand-in is linked only when it is a plain host and port', () => {
    const strip = (googleStandIn: string) =>
      presentFrame({
        t: en,
        now,
        path: '/',
        member: null,
        loginCustomer: null,
        googleStandIn,
        flash: null,
        switcher: [],
      }).googleStandIn
    expect(strip('127.0.0.1:3001')?.href).toBe('http://127.0.0.1:3001/')
    expect(strip('x"onclick=')?.href).toBe('/setup')
  })
})
