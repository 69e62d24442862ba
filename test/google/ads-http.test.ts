import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createHttp } from '../../src/google/http.ts'
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts'

let google: ScriptedServer
beforeEach(async () => {
  google = await startScriptedServer()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await google.close()
})

const ask = (timeoutMs: number, path = '/') => {
  const origin = `http://${google.host}`
  return createHttp(new Set([origin]))({ url: origin + path, method: 'GET', timeoutMs, maxBytes: 1_000_000 })
}

describe('the time an exchange may take', () => {
  it('row 58: ends one that is never answered', async () => {
    google.answer(() => {})
    await expect(ask(20, '/?secret')).rejects.toMatchObject({
      failure: 'timeout',
      message: expect.not.stringMatching('secret'),
    })
  })

  it('row 58: ends one whose answer stops half way', async () => {
    google.answer((_req, res) => res.writeHead(200, { 'content-length': '100' }).write('half'))
    await expect(ask(100)).rejects.toMatchObject({ name: 'HttpError', failure: 'timeout' })
  })

  it('row 58: leaves nothing behind once the answer is there, or has failed', async () => {
    const started = vi.spyOn(globalThis, 'setTimeout')
    const ended = vi.spyOn(globalThis, 'clearTimeout')
    const ours = () => started.mock.results.filter((_, index) => started.mock.calls[index]?.[1] === 54_321)
    google.answer((_req, res) => res.end('Grüße'))
    expect((await ask(54_321)).text).toBe('Grüße')
    google.answer((_req, res) => res.destroy())
    await expect(ask(54_321)).rejects.toMatchObject({ failure: 'unreachable' })
    google.answer((_req, res) => res.writeHead(302, { location: '/' }).end())
    await expect(ask(54_321)).rejects.toMatchObject({ failure: 'redirect_refused' })
    expect(ours()).toHaveLength(3)
    for (const { value } of ours()) expect(ended).toHaveBeenCalledWith(value)
  })
})
