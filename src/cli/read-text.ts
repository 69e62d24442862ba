import { readFileSync } from 'node:fs'
import { CliError } from './cli-error.ts'

/** The text of a file without the mark some editors put first. Throws CliError `file_unreadable`. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (cause) {
    throw new CliError('file_unreadable', { path, reason: (cause as NodeJS.ErrnoException).code ?? '' }, cause)
  }
}
