import { url } from 'node:inspector'

/**
 * Every process that holds secrets imports this first. On SIGUSR1 Node opens a debugger that can read every key in
 * memory; once the signal has a listener, Node doesn't. Diagnostic reports are off because they hold the environment.
 */
process.on('SIGUSR1', () => undefined)
Object.assign(process.report, { reportOnSignal: false, reportOnFatalError: false, reportOnUncaughtException: false })

/** The options of Node, given or in NODE_OPTIONS, that let somebody read the memory of this process. */
export function debuggingOptions(nodeOptions = ''): string[] {
  const given = [...process.execArgv, ...nodeOptions.split(/\s+/)]
  const found = given.filter(option => /^--(inspect|heapsnapshot|heap-prof|report-on)/.test(option))
  return found.length === 0 && url() !== undefined ? ['--inspect'] : found
}
