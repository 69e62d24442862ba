import { load } from 'cheerio'
import supertest from 'supertest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'

const told = ['Google Ads API version', 'Developer token', 'Stored in', 'OAuth client from', 'Stand-in for Google']
const publicUrl = 'https://keyring.example.com'

let demo: TestApp
let app: TestApp
beforeAll(async () => {
  demo = await startApp()
  app = await startApp({ env: { PUBLIC_URL: publicUrl } })
})
afterAll(async () => {
  await demo.close()
  await app.close()
})

const labels = (text: string) =>
  load(text)('main dt')
    .toArray()
    .map(element => load(element).text())

it('the setup page tells strangers only what to register at Google', async () => {
  const { text } = await supertest(app.url).get('/setup').set('Host', new URL(publicUrl).host)
  expect(text).toContain(`${publicUrl}/oauth2callback`)
  expect(labels(text)).toEqual(['OAuth client ID', 'Public address'])
})

it('the setup page tells administrators everything, and everybody in a demo on this machine', async () => {
  const admin = await demo.connected('ADMIN')
  expect(labels((await admin.get('/setup')).text)).toEqual(expect.arrayContaining([...told, 'Who may sign in']))
  const stranger = labels((await demo.browser().get('/setup')).text)
  expect(stranger).toEqual(expect.arrayContaining(told))
  expect(stranger).not.toContain('Who may sign in')
})
