import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config.ts'
import { visible } from './terminal.ts'

export type Log = Logger

const secretNames =
  /("[a-z_]*(?:token|secret|verifier|password|assertion|cookie|authorization|private_key)"\s*:\s*")(?:[^"\\]|\\.)*"/gi
const secretShapes =
  /ya29\.[\w.-]+|(?<![\w:])1\/\/0[\w-]{6,}|(?<!\w)4\/0[\w-]{6,}|GOCSPX-[\w-]+|eyJ[\w-]{8,}(?:\.[\w.-]+)?|-----BEGIN[^"]*|Bearer [\w.~+/=-]+/g

/**
 * JSON lines on stdout. Callers log named, harmless fields only; as a second net every line passes a filter that
 * removes what is named like a secret or has the shape of one (security.md 3.10), and what would command a terminal.
 */
export function createLog(level: Config['logLevel'], destination: { write(line: string): void } = process.stdout): Log {
  const filtered: DestinationStream = {
    write: line => destination.write(`${visible(withoutSecrets(line).trimEnd())}\n`),
  }
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: describeError },
    },
    filtered,
  )
}

function withoutSecrets(line: string): string {
  return line.replace(secretNames, '$1[hidden]"').replace(secretShapes, '[hidden]')
}

interface DescribedError {
  name: string
  message: string
  code?: unknown
  stack?: string
  cause?: DescribedError
}

/**
 * Name, code, message, stack and the chain of causes; nothing else, since HTTP clients hang whole requests on errors.
 * The message of a SyntaxError quotes the text that could not be read, which may be anything people sent.
 */
function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error, message: 'not an Error' }
  const { code } = error as { code?: unknown }
  return {
    name: error.name,
    message: error instanceof SyntaxError ? 'unreadable' : error.message.slice(0, 500),
    ...(code !== undefined && { code }),
    ...(error.stack && { stack: frames(error.stack).slice(0, 11).join('\n') }),
    ...(error.cause !== undefined && depth < 4 && { cause: describeError(error.cause, depth + 1) }),
  }
}

/** The stack without the message it begins with, which may run over lines. */
function frames(stack: string): string[] {
  return stack.split('\n').filter(line => /^\s+at /.test(line))
}
