import { randomUUID } from 'node:crypto'
import type { Config } from '../config.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { en } from '../messages/en.ts'
import { problemJson, statusOf } from './problem.ts'
import { headersOfEveryAnswer } from './security.ts'

export interface PlainAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** What the server answers where no page can be: before a request is read, or to one Express cannot route. */
export function createPlainAnswers(config: Config): (code: ErrorCode, target: string) => PlainAnswer {
  const usual = headersOfEveryAnswer(config)
  return (code, target) => {
    const error = new AppError(code)
    const requestId = randomUUID()
    const isApi = target.startsWith('/api/')
    const body = isApi ? problemJson(error, requestId) : page(code)
    return {
      status: statusOf(error),
      headers: {
        ...usual,
        'X-Request-Id': requestId,
        'Content-Type': isApi ? 'application/problem+json; charset=utf-8' : 'text/html; charset=utf-8',
        'Content-Length': String(Buffer.byteLength(body)),
        Connection: 'close',
        ...(code === 'method_not_allowed' && { Allow: 'GET, HEAD, POST, DELETE' }),
      },
      body,
    }
  }
}

/** Our own words only, nothing of the request. */
function page(code: ErrorCode): string {
  const { title, whatHappened } = en.errors[code]
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${whatHappened({})}</p></html>`
}
