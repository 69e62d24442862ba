import { afterEach, expect, it } from 'vitest'
import { loadCampaignReport } from '../../src/accounts/campaigns.ts'
import {
  type Asked,
  adsFailure,
  type Reply,
  type StandIn,
  startStandIn,
  streamed,
  token,
} from '../google/ads-stand-in.ts'

let standIn: StandIn
afterEach(() => standIn.close())

const client = { customerId: '2841907701', loginCustomerId: '4620198301' }
const account = {
  customerId: client.customerId,
  descriptiveName: 'Kaffeehaus',
  manager: false,
  status: 'ENABLED' as const,
  currencyCode: 'USD',
  timeZone: 'America/New_York',
  testAccount: false,
}
/** In New York it is still the evening of 21 November. */
const now = () => new Date('2026-11-22T03:00:00Z')

const campaigns = [
  {
    campaign: { id: '9007199254740993', name: 'Brand', status: 'ENABLED', advertisingChannelType: 'SEARCH' },
    metrics: { costMicros: '9007199254740993', clicks: '10', impressions: '100', conversions: 0.1 },
  },
  { campaign: { id: '2', name: 'Idle', status: 'PAUSED', advertisingChannelType: 'A_CHANNEL_OF_2031' } },
  { campaign: { id: '3', status: 'RETIRED' }, metrics: { costMicros: '7', conversions: 0.2 } },
]
const days = [
  { segments: { date: '2026-11-20' }, metrics: { costMicros: '9007199254740993', clicks: '4', conversions: 0.1 } },
  { segments: { date: '2026-11-20' }, metrics: { costMicros: '7', clicks: '6', impressions: '100', conversions: 0.2 } },
]

function answer(asked: Asked): Reply {
  if (/ FROM customer$/.test(asked.query)) {
    return {
      json: [{ results: [{ customer: { id: client.customerId, currencyCode: 'PLN', timeZone: 'Mars/Olympus' } }] }],
    }
  }
  return { json: [{ results: asked.query.includes('segments.date,') ? days : campaigns }] }
}

const request = (extra = {}) => ({ ads: standIn.ads, token, ...client, account, now, ...extra })

it('sums exactly, beyond what a number holds', async () => {
  standIn = await startStandIn(answer)
  const report = await loadCampaignReport(request())
  expect(report.campaigns).toMatchObject([
    { campaignId: '9007199254740993', costMicros: 9007199254740993n, clicks: 10n, channelType: 'SEARCH' },
    { name: 'Idle', status: 'PAUSED', costMicros: 0n, conversions: 0 },
    { name: '', status: 'UNKNOWN', channelType: 'UNKNOWN' },
  ])
  expect(report.totals).toEqual({ costMicros: 9007199254741000n, clicks: 10n, impressions: 100n, conversions: 0.3 })
  expect(report).toMatchObject({
    currencyCode: 'USD',
    timeZone: 'America/New_York',
    fetchedAt: '2026-11-22T03:00:00.000Z',
  })
})

it('shows thirty days that end yesterday where the account is, idle ones as zeros', async () => {
  standIn = await startStandIn(answer)
  const report = await loadCampaignReport(request())
  expect(report.days).toHaveLength(30)
  expect(report.days[0]?.date).toBe('2026-10-22')
  expect(report.days.at(-1)).toEqual({
    date: '2026-11-20',
    costMicros: 9007199254741000n,
    clicks: 10n,
    impressions: 100n,
    conversions: 0.3,
  })
  expect(report.days[1]).toMatchObject({ date: '2026-10-23', costMicros: 0n })
})

it('asks the account for its currency and zone where they are unknown, at the same time', async () => {
  standIn = await startStandIn(answer)
  const report = await loadCampaignReport(request({ account: null }))
  expect(report).toMatchObject({ currencyCode: 'PLN', timeZone: 'Mars/Olympus' })
  expect(report.days.at(-1)?.date).toBe('2026-11-21')
  expect(standIn.asked).toHaveLength(3)
})

it('keeps a day Google named beyond those expected', async () => {
  const late = { segments: { date: '2026-11-21' }, metrics: { costMicros: '1' } }
  standIn = await startStandIn(asked =>
    asked.query.includes('segments.date,') ? { json: [{ results: [late] }] } : answer(asked),
  )
  const report = await loadCampaignReport(request())
  expect(report.days).toHaveLength(31)
  expect(report.days.at(-1)).toMatchObject({ date: '2026-11-21', costMicros: 1n })
})

it('is refused for a manager: at once when we know, else by Google', async () => {
  standIn = await startStandIn(() => streamed(adsFailure(400, { queryError: 'REQUESTED_METRICS_FOR_MANAGER' })))
  const known = loadCampaignReport(request({ account: { ...account, manager: true } }))
  await expect(known).rejects.toMatchObject({ code: 'ads_metrics_for_manager', params: client })
  expect(standIn.asked).toHaveLength(0)
  await expect(loadCampaignReport(request({ account: null }))).rejects.toMatchObject({
    code: 'ads_metrics_for_manager',
  })
})

it('shows the sums alone where the days cannot be read', async () => {
  for (const reply of [
    { json: [{ results: campaigns }] },
    adsFailure(400, { queryError: 'PROHIBITED_FIELD_OR_SEGMENT_WITH_METRIC' }),
  ] as Reply[]) {
    standIn = await startStandIn(asked => (asked.query.includes('segments.date,') ? reply : answer(asked)))
    const report = await loadCampaignReport(request())
    expect(report.days).toEqual([])
    expect(report.totals.clicks).toBe(10n)
    await standIn.close()
  }
  standIn = await startStandIn(answer)
})
