import { type ParseArgsConfig, parseArgs } from 'node:util'
import { type CustomerId, parseCustomerId } from '../customer-id.ts'
import { en } from '../messages/en.ts'
import { CliError } from './cli-error.ts'

/** The flags of a command. Throws CliError `usage`. */
export function readFlags<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>>['values'] {
  try {
    return parseArgs(config).values
  } catch (cause) {
    throw usage((cause as Error).message.replaceAll('\n', ' '), cause)
  }
}

/** Google's sample spells its flags with underscores. */
export function withDashes(args: string[]): string[] {
  return args.map(arg => (arg.startsWith('--') ? arg.replace(/^[^=]+/, name => name.replaceAll('_', '-')) : arg))
}

/** Throws CliError `usage`. */
export function wholeNumber(
  text: string,
  { flag, least, most }: { flag: string; least: number; most: number },
): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw usage(en.cli.notANumber(flag, least, most))
}

/** An account in any notation. Throws CliError `usage` with the sentence `otherwise`. */
export function customerId(text: string, otherwise: string): CustomerId {
  const id = parseCustomerId(text)
  if (id === null) throw usage(otherwise)
  return id
}

export function usage(problem: string, cause?: unknown): CliError {
  return new CliError('usage', { problem }, cause)
}
