/** Lets at most `limit` tasks run at once; the others wait in the order they came. */
export interface Turns {
  /** Runs `task` when its turn comes and passes on what it returns or throws. */
  run<T>(task: () => Promise<T>): Promise<T>
}

export function createTurns(limit: number): Turns {
  const waiting: (() => void)[] = []
  let first = 0
  let running = 0

  function takeTurn(): Promise<void> | void {
    if (running < limit) {
      running++
      return
    }
    return new Promise(resolve => waiting.push(resolve))
  }

  function passTurn(): void {
    const next = waiting[first]
    if (!next) {
      running--
      return
    }
    first++
    if (first === waiting.length || first > 1024) {
      waiting.splice(0, first)
      first = 0
    }
    next()
  }

  return {
    async run(task) {
      await takeTurn()
      try {
        return await task()
      } finally {
        passTurn()
      }
    },
  }
}
