import { expect, test } from 'vitest'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import { en } from '../../src/messages/en.ts'
import { retryAfterOf, statusOf } from '../../src/web/problem.ts'

const codes = Object.keys(en.errors) as ErrorCode[]

test('every 503 and 429 says when to try again, and no other answer does', () => {
  for (const code of codes) {
    const error = new AppError(code)
    expect(retryAfterOf(error) !== null, code).toBe([503, 429].includes(statusOf(error)))
  }
})

test('the wait that Google or a limit named is repeated in whole seconds', () => {
  expect(retryAfterOf(new AppError('ads_rate_limited', { retryAfterSeconds: 2.2 }))).toBe(3)
  expect(retryAfterOf(new AppError('unavailable', { retryAfterSeconds: 0 }))).toBe(1)
})
