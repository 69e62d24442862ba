import { describe, expect, it } from 'vitest'
import { accessPicture, effectiveAccess, testedAccess, withVerdicts } from '../../src/accounts/access.ts'
import type { AccessRole, Hierarchy } from '../../src/accounts/account.ts'
import { createProbes } from '../../src/accounts/probe.ts'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import type { AdsSearch, GoogleAds } from '../../src/google/ads.ts'
import { clientLinkQuery } from '../../src/google/ads-queries.ts'

const account = '2000000001'
const roots = { strong: '1000000001', middle: '1000000002', weak: '1000000003' }
const connection = { id: 'c1' }
const fetchedAt = '2026-11-22T10:00:00.000Z'
const plain = { status: 'ENABLED' as const, currencyCode: 'EUR', timeZone: 'Europe/Berlin', testAccount: false }

/** Google, as far as one row of an account is asked for: opens it, except through the login customers named. */
function google(refusals: Record<string, { code: ErrorCode; name: string }> = {}) {
  const asked: (string | null)[] = []
  let now = Date.parse(fetchedAt)
  const search = async ({ customerId, loginCustomerId, query, token }: AdsSearch<unknown>) => {
    expect(await token()).toBe('token of c1')
    expect(query).toMatch(/ FROM customer$/)
    asked.push(loginCustomerId)
    const refusal = refusals[loginCustomerId ?? 'none']
    if (!refusal) return [{ customerId, descriptiveName: 'Fjord', manager: false, ...plain }]
    const detail = { code: refusal.name, message: 'Because.', requestId: 'r9', status: 403 }
    throw new AppError(refusal.code, { google: detail })
  }
  return {
    asked,
    refusals,
    pass: (ms: number) => {
      now += ms
    },
    probes: createProbes({
      ads: { search: search as GoogleAds['search'] },
      tokenFor: id => async () => `token of ${id}`,
      now: () => new Date(now),
    }),
  }
}

const denied = { code: 'ads_permission_denied' as const, name: 'USER_PERMISSION_DENIED' }
const unavailable = { code: 'ads_unavailable' as const, name: 'TRANSIENT_ERROR' }

describe('a probe', () => {
  it('gives what the account says about itself, and when', async () => {
    const { probes } = google()
    expect(await probes.ask(connection, { customerId: account, loginCustomerId: roots.weak })).toEqual({
      customerId: account,
      loginCustomerId: roots.weak,
      ok: true,
      account: { customerId: account, descriptiveName: 'Fjord', manager: false, ...plain },
      problem: null,
      at: fetchedAt,
    })
  })

  it('gives a refusal with Google’s code and request id instead of failing', async () => {
    const { probes } = google({ none: denied })
    expect(await probes.ask(connection, { customerId: account, loginCustomerId: null })).toMatchObject({
      ok: false,
      account: null,
      problem: { code: 'USER_PERMISSION_DENIED', message: 'Because.', requestId: 'r9' },
    })
  })

  it('costs one operation, however many ask within two minutes, and is asked anew after that or when forgotten', async () => {
    const { probes, asked, pass } = google({ [roots.weak]: denied })
    const target = { customerId: account, loginCustomerId: roots.weak }
    await Promise.all([probes.ask(connection, target), probes.ask(connection, target)])
    await probes.ask(connection, target)
    expect(asked).toHaveLength(1)
    await probes.ask(connection, { customerId: account, loginCustomerId: null })
    expect(asked).toHaveLength(2)
    pass(120_000)
    await probes.ask(connection, target)
    expect(asked).toHaveLength(3)
    probes.forget({ id: 'c2' }, account)
    await probes.ask(connection, target)
    expect(asked).toHaveLength(3)
    probes.forget(connection, account)
    await probes.ask(connection, target)
    expect(asked).toHaveLength(4)
  })

  it('is kept for each account by itself', async () => {
    const { probes, asked } = google()
    const ids = [account, '2000000002']
    const answers = await Promise.all(
      ids.map(customerId => probes.ask(connection, { customerId, loginCustomerId: roots.weak })),
    )
    expect(answers.map(answer => answer.account?.customerId)).toEqual(ids)
    probes.forget(connection, account)
    await probes.ask(connection, { customerId: '2000000002', loginCustomerId: roots.weak })
    expect(asked).toHaveLength(2)
  })

  const notAdsUser = { code: 'ads_not_ads_user' as const, name: 'NOT_ADS_USER' }
  it.each([unavailable, notAdsUser])('does not keep what a moment or a reconnect changes: $name', async refusal => {
    const { probes, asked, refusals } = google({ [roots.weak]: refusal })
    const target = { customerId: account, loginCustomerId: roots.weak }
    expect((await probes.ask(connection, target)).ok).toBe(false)
    delete refusals[roots.weak]
    expect((await probes.ask(connection, target)).ok).toBe(true)
    expect(asked).toHaveLength(2)
  })
})

describe('the recommended login customer', () => {
  const way = (customerId: string, accessRole: AccessRole, manager = true) => {
    const root = { ...plain, customerId, descriptiveName: customerId, manager }
    const below = { ...plain, customerId: account, descriptiveName: 'Fjord', manager: false, hidden: false }
    const hierarchy: Hierarchy = {
      loginCustomerId: customerId,
      complete: true,
      loading: false,
      fetchedAt,
      accounts: [
        { ...root, hidden: false, level: 0, parents: [] },
        ...(customerId === account ? [] : [{ ...below, level: 1, parents: [customerId] }]),
      ],
      problems: [],
      progress: { accounts: 2, managers: 1, managersDone: 1, failed: 0 },
    }
    return { account: { ...root, accessRole, accessRoleProblem: null, problem: null }, hierarchy, findings: [] }
  }
  const three = [way(roots.weak, 'READ_ONLY'), way(roots.strong, 'ADMIN'), way(roots.middle, 'STANDARD')]
  const access = (ways: ReturnType<typeof way>[]) => effectiveAccess(accessPicture(ways, fetchedAt), account)
  const verdicts = ({ routes }: Awaited<ReturnType<typeof testedAccess>>) =>
    Object.fromEntries(routes.map(route => [route.loginCustomerId, route.tested?.ok ?? null]))

  it('is the strongest, tried with a single question', async () => {
    const { probes, asked } = google()
    const tested = await testedAccess(probes, connection, access(three))
    expect(asked).toEqual([roots.strong])
    expect(tested.recommended).toMatchObject({ loginCustomerId: roots.strong, accessRole: 'ADMIN' })
    expect(verdicts(tested)).toEqual({ [roots.strong]: true, [roots.middle]: null, [roots.weak]: null })
  })

  it('is the next one where Google refuses the strongest', async () => {
    const { probes, asked } = google({ [roots.strong]: denied })
    const tested = await testedAccess(probes, connection, access(three))
    expect(asked).toEqual([roots.strong, roots.middle])
    expect(tested.recommended).toMatchObject({ loginCustomerId: roots.middle, accessRole: 'STANDARD' })
    expect(tested.routes.find(route => route.loginCustomerId === roots.strong)?.tested).toEqual({
      ok: false,
      at: fetchedAt,
      problem: { code: 'USER_PERMISSION_DENIED', message: 'Because.', requestId: 'r9' },
    })
  })

  it('is none where Google refuses all', async () => {
    const { probes } = google({ [roots.strong]: denied, [roots.middle]: denied, [roots.weak]: denied })
    expect((await testedAccess(probes, connection, access(three))).recommended).toBeNull()
  })

  it('stays the strongest while Google gives no verdict, and no more is asked', async () => {
    const { probes, asked } = google({ [roots.strong]: unavailable })
    const tested = await testedAccess(probes, connection, access(three))
    expect(asked).toEqual([roots.strong])
    expect(tested.recommended).toMatchObject({ loginCustomerId: roots.strong })
    expect(verdicts(tested)[roots.strong]).toBe(false)
  })

  it('is a weaker one that opens it before a stronger one of which nothing is known', async () => {
    const verdict = { customerId: account, account: null, at: fetchedAt }
    const problem = { code: 'TRANSIENT_ERROR', message: '', requestId: null }
    const tested = withVerdicts(access(three), [
      { ...verdict, loginCustomerId: roots.strong, ok: false, problem },
      { ...verdict, loginCustomerId: roots.weak, ok: true, problem: null },
    ])
    expect(tested.recommended).toMatchObject({ loginCustomerId: roots.weak })
  })

  it('asks nothing where no way leads', async () => {
    const { probes, asked } = google()
    const nowhere = effectiveAccess(accessPicture(three, fetchedAt), '2999999999')
    expect((await testedAccess(probes, connection, nowhere)).recommended).toBeNull()
    expect(asked).toEqual([])
  })

  it('asks four times at most', async () => {
    const many = Array.from({ length: 7 }, (_, n) => way(`300000000${n}`, 'STANDARD'))
    const { probes, asked } = google(Object.fromEntries(many.map(each => [each.account.customerId, denied])))
    await testedAccess(probes, connection, access(many))
    expect(asked).toHaveLength(4)
  })

  it('may leave out the header only on the account itself', async () => {
    const ways = [way(roots.strong, 'STANDARD'), way(account, 'STANDARD', false)]
    const { probes } = google({ [account]: denied })
    expect((await testedAccess(google().probes, connection, access(ways))).recommended).toMatchObject({
      loginCustomerId: account,
      headerMayBeOmitted: true,
    })
    expect((await testedAccess(probes, connection, access(ways))).recommended).toMatchObject({
      loginCustomerId: roots.strong,
      headerMayBeOmitted: false,
    })
  })
})

it('a question about a link takes ten digits and nothing else', () => {
  expect(clientLinkQuery(account).query).toContain(`= 'customers/${account}'`)
  for (const hostile of ["1' OR 1=1", '123', '', `${account}'`])
    expect(() => clientLinkQuery(hostile)).toThrow(AppError)
})
