import { load } from 'cheerio'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Hierarchy } from '../../src/accounts/account.ts'
import { createOffLoop, type OffLoop } from '../../src/off-loop.ts'
import { generateScenario } from '../../src/sandbox/generate.ts'
import { createPictures } from '../../src/web/pictures.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { agency, hierarchy, node } from './present/fixtures.ts'

/** 199 accounts, each under up to five managers: 27 layers of arrows that nobody can follow. */
function tangle() {
  const scenario = generateScenario({ seed: 9, accounts: 199, managers: 150, fanout: 3 })
  const links = scenario.accounts.flatMap(({ id }, index) =>
    [1, 2, 3, 4].flatMap(step => {
      const manager = scenario.accounts[Math.floor((index * step) / 6)]?.id
      const taken = scenario.links.some(link => link.manager === manager && link.client === id)
      return manager === undefined || taken || index === 0 || index === Math.floor((index * step) / 6)
        ? []
        : [
            {
              manager,
              client: id,
              id: String(700_000_000 + index * 10 + step),
              hidden: false,
              status: 'ACTIVE' as const,
            },
          ]
    }),
  )
  return { ...scenario, links: [...scenario.links, ...links] } as typeof scenario
}

describe('a hierarchy of 199 accounts with up to five managers each', () => {
  let app: TestApp

  beforeAll(async () => {
    app = await startApp({
      env: { ALLOWED_DOMAINS: 'generated.example.com' },
      sandbox: { scenario: tangle() },
    })
  })
  afterAll(() => app.close())

  test('is not drawn; the page says why at once and links to the tree', async () => {
    const browser = await app.connected('U1')
    const { connections } = JSON.parse((await browser.get('/api/v1/connections')).text)
    const root = app.google.scenario.accounts[0]?.id ?? ''
    const json = `/api/v1/connections/${connections[0].id}/customers/${root}/hierarchy?wait=20`
    expect(JSON.parse((await browser.get(json)).text)).toMatchObject({ complete: true })
    const page = await browser.get(`/connections/${connections[0].id}/accounts/${root}?view=picture`)
    expect(page.status).toBe(200)
    const $ = load(page.text)
    expect($('svg.picture')).toHaveLength(0)
    expect($('main').text()).toContain('too many links between them')
    expect($('.offers a').attr('href')).toBe(`/connections/${connections[0].id}/accounts/${root}`)
  })
})

describe('drawing', () => {
  /** Counts what is really laid out. */
  function counting(run: OffLoop['run']) {
    const counted = { runs: 0 }
    const offLoop: OffLoop = {
      run: (by, task, ...args) => {
        counted.runs++
        return run(by, task, ...args)
      },
      close: async () => {},
    }
    return { counted, pictures: createPictures(offLoop) }
  }

  test('happens once for everybody who views the same hierarchy, and again for a new one', async () => {
    const offLoop = createOffLoop()
    const { counted, pictures } = counting(offLoop.run)
    const drawings = await Promise.all([pictures(agency, null, 'ines'), pictures(agency, null, 'ines')])
    expect(drawings[0]?.nodes.length).toBeGreaterThan(5)
    expect(drawings[1]).toBe(drawings[0])
    expect(await pictures(agency, null, 'ines')).toBe(drawings[0])
    expect(counted.runs).toBe(1)
    await pictures({ ...agency, accounts: [...agency.accounts] }, null, 'ines')
    expect(counted.runs).toBe(2)
    await offLoop.close()
  })

  test('is not tried again after it took too long, but is after it was refused as busy', async () => {
    const tooLong = counting(async () => null)
    expect([await tooLong.pictures(agency, null, 'ines'), await tooLong.pictures(agency, null, 'ines')]).toEqual([
      null,
      null,
    ])
    expect(tooLong.counted.runs).toBe(1)
    const refused = counting(async () => {
      throw new Error('busy')
    })
    await expect(refused.pictures(agency, null, 'ines')).rejects.toThrow('busy')
    await expect(refused.pictures(agency, null, 'ines')).rejects.toThrow('busy')
    expect(refused.counted.runs).toBe(2)
  })

  test('does not start for too many accounts, too many links, or a hierarchy that is not loaded yet', async () => {
    const { counted, pictures } = counting(async () => null)
    const managers = Array.from({ length: 60 }, (_, index) =>
      node(`5${String(index).padStart(9, '0')}`, ['1000000001'], { manager: true }),
    )
    const ids = managers.map(({ customerId }) => customerId)
    const root = node('1000000001', [], { manager: true })
    const dense = hierarchy([root, ...managers, ...['1', '2', '3', '4', '5'].map(n => node(`600000000${n}`, ids))])
    const notThere: Hierarchy = { ...hierarchy([root]), loading: true }
    for (const each of [dense, notThere]) expect(await pictures(each, null, 'ines')).toBeNull()
    expect(counted.runs).toBe(0)
  })
})
