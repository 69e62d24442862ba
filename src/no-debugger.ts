import { url } from 'node:inspector'

/**
 * Imported before everything else by whatever holds secrets. On SIGUSR1 Node opens a debugger, through which every key
 * in memory can be read; once the signal has a listener, it does not. Diagnostic reports hold the environment.
 */
process.on('SIGUSR1', () => undefined)
Object.assign(process.report, { reportOnSignal: false, reportOnFatalError: false, reportOnUncaughtException: false })

/** The options of Node, given or in NODE_OPTIONS, that let somebody read the memory of this process. */
export function debuggingOptions(nodeOptions = ''): string[] {
  const given = [...process.execArgv, ...nodeOptions.split(/\s+/)]
  const found = given.filter(option => /^--(inspect|heapsnapshot|heap-prof|report-on)/.test(option))
  return found.length === 0 && url() !== undefined ? ['--inspect'] : found
}
