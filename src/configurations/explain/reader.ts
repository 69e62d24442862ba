import { AppError } from '../../errors.ts'
import { type OffLoop, task } from '../../off-loop.ts'
import type { Format } from '../formats.ts'
import { readConfiguration } from './read-configuration.ts'
import type { ConfigurationReading } from './reading.ts'

/**
 * Explains what a person pasted, in a separate thread. Throws AppError `configuration_too_complex` for a text that is
 * too long, has too many lines, or took too long to read, and `busy` when too many people are asking, or this
 * one too often at the same time.
 */
export type ConfigurationReader = (text: string, format: Format | null, by: string) => Promise<ConfigurationReading>

/** Far more than any configuration of a client library needs. */
const most = { bytes: 32 * 1024, lines: 2_000 }
const reading = task(import.meta.url.replace('reader', 'read-configuration'), readConfiguration)

export function createConfigurationReader(offLoop: OffLoop): ConfigurationReader {
  return async (text, format, by) => {
    const found = fits(text) ? await offLoop.run(by, reading, text, format) : null
    if (found === null) throw new AppError('configuration_too_complex')
    return found
  }
}

function fits(text: string): boolean {
  return Buffer.byteLength(text) <= most.bytes && (text.match(/\r\n?|\n/g)?.length ?? 0) < most.lines
}
