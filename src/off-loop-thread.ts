import { parentPort, workerData } from 'node:worker_threads'
import type { Word, Work } from './off-loop.ts'

/** Runs one task in its thread (see off-loop.ts). */
// Stack traces never leave this thread, and a parser creates one for each of its errors.
Error.stackTraceLimit = 0

const { module, name, args } = workerData as Work
const { [name]: run } = (await import(module)) as Record<string, (...args: unknown[]) => unknown>
say({ begun: true })
say(outcome())

/** An error's message may quote what a person pasted, so only its kind leaves the thread. */
function outcome(): Word {
  try {
    return { result: run?.(...args) }
  } catch (error) {
    return { failed: error instanceof Error ? error.name : 'unknown' }
  }
}

function say(word: Word): void {
  parentPort?.postMessage(word)
}
