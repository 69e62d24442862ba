import { Worker } from 'node:worker_threads'
import { AppError } from './errors.ts'

/** A function to call in a separate thread. Its module must export it under its own name. */
export interface Task<Args extends unknown[], Result> {
  module: string
  name: string
  /** Never set; it carries the types. */
  types?: (...args: Args) => Result
}

/**
 * Runs work that can take long away from the event loop. Each task gets its own thread with a deadline, a small heap and
 * no environment variables. The thread ends with the task. Arguments and results are copied.
 */
export interface OffLoop {
  /**
   * The result, or null when the task took too long or too much memory. `by` is who asked for it. Throws AppError `busy`
   * when too many tasks are waiting, or too many of theirs, and `unavailable` while this process stops.
   */
  run<Args extends unknown[], Result>(by: string, task: Task<Args, Result>, ...args: Args): Promise<Result | null>
  /** Ends every thread immediately, even a busy one. */
  close(): Promise<void>
}

export interface OffLoopLimits {
  /** Tasks that run at the same time. */
  threads: number
  /** Tasks that wait for one of them to end. */
  waiting: number
  /** Tasks of one person that run or wait, so that nobody takes it all. */
  ofOne: number
  /** How long one task may run. */
  deadlineMs: number
}

/** What a thread gets at the start, and what it sends back. */
export interface Work {
  module: string
  name: string
  args: unknown[]
}
export type Word = { begun: true } | { result: unknown } | { failed: string }

const usual: OffLoopLimits = { threads: 2, waiting: 16, ofOne: 4, deadlineMs: 5_000 }
/** A thread that has not started by then never will. */
const startMs = 10_000
const resourceLimits = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }

/** Describes an exported function, e.g. `task(import.meta.url, readConfiguration)`. */
export function task<Args extends unknown[], Result>(
  module: string,
  { name }: (...args: Args) => Result,
): Task<Args, Result> {
  return { module, name }
}

export function createOffLoop({ threads, waiting, ofOne, deadlineMs }: OffLoopLimits = usual): OffLoop {
  const running = new Set<Worker>()
  const queue: (() => void)[] = []
  const tasksBy = new Map<string, number>()
  let free = threads
  let closed = false

  return {
    async run(by, task, ...args) {
      const before = tasksBy.get(by) ?? 0
      if (before >= ofOne) throw busy()
      tasksBy.set(by, before + 1)
      try {
        await turn()
        try {
          return await inThread({ module: built(task.module), name: task.name, args })
        } finally {
          const next = queue.shift()
          if (next) next()
          else free++
        }
      } finally {
        const left = (tasksBy.get(by) ?? 1) - 1
        if (left > 0) tasksBy.set(by, left)
        else tasksBy.delete(by)
      }
    },
    async close() {
      closed = true
      await Promise.all([...running].map(thread => thread.terminate()))
    },
  }

  async function turn(): Promise<void> {
    if (closed) throw new AppError('unavailable')
    if (free > 0) {
      free--
      return
    }
    if (queue.length >= waiting) throw busy()
    await new Promise<void>(resolve => queue.push(resolve))
  }

  function busy(): AppError {
    return new AppError('busy', { retryAfterSeconds: Math.ceil(deadlineMs / 1000) })
  }

  function inThread<Result>(work: Work): Promise<Result | null> {
    if (closed) throw new AppError('unavailable')
    const thread = new Worker(new URL(built(import.meta.url).replace('off-loop', 'off-loop-thread')), {
      workerData: work,
      env: {},
      execArgv: [],
      resourceLimits,
    })
    running.add(thread)
    return new Promise<Result | null>((resolve, reject) => {
      let timer = setTimeout(end, startMs)
      thread.on('message', (word: Word) => {
        if ('result' in word) resolve(word.result as Result)
        else if ('failed' in word) reject(new Error(`${work.name} failed in its thread: ${word.failed}`))
        else {
          clearTimeout(timer)
          timer = setTimeout(end, deadlineMs)
        }
      })
      thread.once('error', error =>
        (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' ? resolve(null) : reject(error),
      )
      // Any result or error has arrived by now. Without one, the deadline or `close` ended the thread.
      thread.once('exit', () => {
        clearTimeout(timer)
        running.delete(thread)
        if (closed) reject(new AppError('unavailable'))
        else resolve(null)
      })
      function end(): void {
        void thread.terminate()
      }
    })
  }
}

/** Threads load only JavaScript. When this runs from the sources, they load the built version of the module. */
function built(module: string): string {
  if (!module.endsWith('.ts')) return module
  const source = module.lastIndexOf('/src/')
  return `${module.slice(0, source)}/dist/${module.slice(source + '/src/'.length, -'ts'.length)}js`
}
