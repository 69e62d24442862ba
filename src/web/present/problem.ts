import type { Problem } from '../../accounts/account.ts'
import type { ErrorCode } from '../../errors.ts'
import type { Messages } from '../../messages/en.ts'

/** A problem beside the row it concerns: one sentence, and what support will ask for. */
export interface ProblemNote {
  sentence: string
  code: string
  requestId: string | null
}

export function problemNote(problem: Problem, t: Messages): ProblemNote {
  return { sentence: problemSentence(problem, t), code: problem.code, requestId: problem.requestId }
}

/** The same for programs: what Google said, and our own sentence where it gave none. */
export function problemMessage(problem: Problem, t: Messages): string {
  return problem.message || problemSentence(problem, t)
}

function problemSentence(problem: Problem, t: Messages): string {
  const known = Object.hasOwn(t.problems, problem.code) ? t.problems[problem.code] : undefined
  if (known !== undefined) return known
  if (Object.hasOwn(t.errors, problem.code)) return t.errors[problem.code as ErrorCode].title
  return problem.message.trim() === '' ? t.problemWithoutWords : problem.message
}
