/** Keeps answers for a short while; those who ask at the same time share one question. */
export interface ProbeMemory<T> {
  /** What is kept under the name, else what `ask` gives; it is asked again when the answer was not worth keeping. */
  get(name: string, ask: () => Promise<T>): Promise<T>
  /** Forgets every name that begins so. */
  forget(beginning: string): void
}

const keptMs = 120_000
const keptAtMost = 2_000

/** `worthKeeping` says whether the same question would bring the same answer. */
export function createProbeMemory<T>(now: () => Date, worthKeeping: (answer: T) => boolean): ProbeMemory<T> {
  const kept = new Map<string, { answer: Promise<T>; until: number }>()

  return {
    get(name, ask) {
      const known = kept.get(name)
      if (known && known.until > now().getTime()) return known.answer
      const entry = { answer: ask(), until: now().getTime() + keptMs }
      kept.delete(name)
      kept.set(name, entry)
      const drop = () => kept.get(name) === entry && kept.delete(name)
      entry.answer.then(answer => worthKeeping(answer) || drop(), drop)
      const [oldest] = kept.keys()
      if (kept.size > keptAtMost && oldest !== undefined) kept.delete(oldest)
      return entry.answer
    },

    forget(beginning) {
      for (const name of kept.keys()) if (name.startsWith(beginning)) kept.delete(name)
    },
  }
}
