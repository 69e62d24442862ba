import { defineConfig } from 'vitest/config'
import { patienceMs } from './test/support/patience.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/on-demand.ts'],
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
    expect: { poll: { timeout: patienceMs, interval: 20 } },
    maxWorkers: 2,
    silent: 'passed-only',
    // The files of a worker share its modules: loading the application again for each file cost a third of the run.
    isolate: false,
  },
})
