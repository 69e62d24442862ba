import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the test run answers what its workers ask for. */
    onDemand: string
  }
}

/** Asks the test run for one of its parts; rejects with the reason where it cannot be had. */
export async function demand(part: 'postgres' | 'browser'): Promise<string> {
  const answer = await fetch(`${inject('onDemand')}/${part}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return text
}
