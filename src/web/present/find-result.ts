import type { Found } from '../../accounts/find.ts'
import { type FindCode, opensIt } from '../../accounts/find-conclusion.ts'
import { type CustomerId, formatCustomerId } from '../../customer-id.ts'
import type { Messages } from '../../messages/en.ts'
import { type AccountMarks, accountMarks } from './account-marks.ts'
import {
  actionsOf,
  type FindCase,
  type FindInput,
  paramsOf,
  type UseMark,
  useMark,
  verdictRoot,
  whatHappened,
} from './find-case.ts'
import { connectMessage, type FindMessage, findMessage } from './find-message.ts'
import { type FindSection, sectionMark } from './find-section.ts'
import type { FindingAction } from './finding.ts'
import { type PersonChip, personChip } from './person.ts'
import { routes } from './routes.ts'
import { exactly } from './times.ts'

/** What happened, what to do, who can do it; the evidence stands in the sections. */
export interface FindResult {
  shownId: string
  customerId: CustomerId
  account: AccountMarks | null
  tone: 'good' | 'warn' | 'bad' | 'info'
  icon: string
  title: string
  what: string[]
  why: { label: string; value: string }[]
  steps: string[]
  who: string | null
  use: UseMark | null
  actions: FindingAction[]
  readAnew: { connectionId: string; loginCustomerId: CustomerId; label: string } | null
  header: { line: string; text: string } | null
  message: FindMessage | null
  identity: {
    asked: { chip: PersonChip; name: string }[]
    expected: string | null
    sentence: string | null
    differs: boolean
  } | null
  late: boolean
  sections: FindSection[]
}

export function resultMark(input: FindInput, { answers, customerId, at }: Found): FindResult {
  const { t, query, connections } = input
  const cases = answers.flatMap(answer => {
    const connection = connections.find(({ id }) => id === answer.connectionId)
    return connection
      ? [{ input, answer, connection, customerId, params: paramsOf(input, { answer, connection, customerId }) }]
      : []
  })
  const best = bestCase(cases, query.expected)
  const shownId = formatCustomerId(customerId)
  const identity = identityOf(input, cases)
  const missed = identity.differs && best && explainsNothing.has(best.answer.code) ? query.expected : null
  const base = {
    shownId,
    customerId,
    late: cases.some(({ answer }) => answer.late),
    sections: cases.map(each => sectionMark(each, each === best && missed === null)),
  }
  if (!best) return { ...base, ...noConnections(t) }
  const account = cases.find(({ answer }) => answer.account)?.answer.account ?? null
  const why = evidence(best, exactly(new Date(at), t))
  const common = { ...base, account: account && accountMarks(account, t), identity, why }
  if (missed !== null) return { ...common, ...wrongAccount(input, missed, cases) }
  const opened = opensIt(best.answer.code)
  const { recommended } = best.answer.access ?? { recommended: null }
  const login = recommended?.loginCustomerId ?? verdictRoot(best.answer)
  return {
    ...common,
    ...looks(best.answer.code),
    title: titleOf(best, cases),
    what: whatHappened(best),
    steps: t.find.answers[best.answer.code].steps(best.params),
    who: t.find.answers[best.answer.code].who(best.params),
    use: opened && login ? useMark(t, best.connection.id, login, formatCustomerId(login)) : null,
    actions: actionsOf(best),
    readAnew: readAnew(best, login),
    header:
      opened && login
        ? {
            line: `login-customer-id: ${login}`,
            text: t.find[headerWord(best.answer.code, login === customerId)],
          }
        : null,
    message: findMessage({
      t,
      answer: best.answer,
      connection: best.connection,
      publicUrl: input.publicUrl,
      customerId,
    }),
  }
}

/** Who was invited to the account itself needs no header, but may have a better role with one. */
function headerWord(code: FindCode, itself: boolean): 'headerOptional' | 'headerBetter' | 'headerRequired' {
  if (itself) return 'headerOptional'
  return code === 'direct' ? 'headerBetter' : 'headerRequired'
}

/** Where another Google account than the expected one was asked, these say no more than that. */
const explainsNothing: ReadonlySet<FindCode> = new Set<FindCode>([
  'not_answered',
  'not_all_searched',
  'connection_broken',
  'refused',
  'not_ads_user',
  'no_access',
  'not_here',
])

const nothingToUse = { use: null, readAnew: null, header: null }

function noConnections(t: Messages) {
  const { title, what, steps, connect } = t.find.noConnections
  const actions: FindingAction[] = [{ label: connect, href: routes.connect(), kind: 'primary' }]
  const words = { title, what: [what], steps, who: null, actions, identity: null }
  return { ...nothingToUse, ...words, account: null, why: [], message: null, tone: 'info' as const, icon: 'info' }
}

/** The documentation's second reason: the credential is somebody else's. */
function wrongAccount({ t, publicUrl }: FindInput, expected: string, cases: readonly FindCase[]) {
  const words = t.find.wrongAccount
  const asked = cases.map(({ connection }) => connection.email)
  const actions: FindingAction[] = [
    { label: words.connect(expected), href: routes.connectAs(expected), kind: 'primary' },
  ]
  return {
    ...nothingToUse,
    message: connectMessage({ t, publicUrl }, expected),
    tone: 'warn' as const,
    icon: 'person',
    title: words.title(expected),
    what: [words.what(expected, asked)],
    steps: words.steps(expected),
    who: words.who(expected),
    actions,
  }
}

/** The most hopeful; of those alike, the Google account that is expected to have access. */
function bestCase(cases: readonly FindCase[], expected: string | null): FindCase | undefined {
  const alike = cases.filter(({ answer }) => answer.code === cases[0]?.answer.code)
  return alike.find(({ connection }) => isSame(connection.email, expected)) ?? cases[0]
}

function titleOf({ input: { t }, answer, params }: FindCase, cases: readonly FindCase[]): string {
  return cases.length > 1 && answer.code === 'no_access'
    ? t.find.noneOpens(cases.length)
    : t.find.answers[answer.code].title(params)
}

function isSame(address: string, expected: string | null): boolean {
  return address.toLowerCase() === expected?.toLowerCase()
}

function looks(code: FindCode): Pick<FindResult, 'tone' | 'icon'> {
  if (opensIt(code)) return { tone: 'good', icon: 'check' }
  if (code === 'not_answered' || code === 'not_all_searched' || code === 'not_here')
    return { tone: 'info', icon: 'unknown' }
  return code === 'no_access' || code === 'not_ads_user'
    ? { tone: 'bad', icon: 'cross' }
    : { tone: 'warn', icon: 'warning' }
}

function evidence({ input, answer, connection, customerId }: FindCase, time: string): FindResult['why'] {
  const labels = input.t.finding.evidence
  const decided = [answer.withoutHeader, ...answer.roots.map(({ verdict }) => verdict)].find(
    verdict => verdict?.problem && verdict.problem === answer.problem,
  )
  const login = decided?.loginCustomerId ?? answer.access?.recommended?.loginCustomerId ?? verdictRoot(answer)
  const all: [string, string | null | undefined][] = [
    [labels.googleAccount, connection.email],
    [labels.customer, formatCustomerId(customerId)],
    [labels.loginCustomer, login ? formatCustomerId(login) : null],
    [labels.googleCode, answer.problem?.code],
    [labels.googleMessage, answer.problem?.message],
    [labels.googleRequestId, answer.problem?.requestId],
    [labels.code, answer.code],
    [labels.time, time],
  ]
  return all.flatMap(([label, value]) => (value ? [{ label, value }] : []))
}

/** Where what was read is older than what Google says. */
function readAnew({ input, answer, connection, params }: FindCase, login: CustomerId | null): FindResult['readAnew'] {
  if (answer.code !== 'unlisted' && answer.code !== 'path_refused') return null
  const loginCustomerId = login ?? answer.access?.routes[0]?.loginCustomerId
  return loginCustomerId
    ? { connectionId: connection.id, loginCustomerId, label: input.t.find.readAnew(params.root) }
    : null
}

function identityOf({ t, query }: FindInput, cases: readonly FindCase[]): NonNullable<FindResult['identity']> {
  const { expected } = query
  const asked = cases.map(({ connection }) => ({
    chip: personChip(connection.email, connection.name, connection.picture),
    name: connection.name ?? t.find.identity.noName,
  }))
  const same = cases.some(({ connection }) => isSame(connection.email, expected))
  const { identity } = t.find
  const agreeing = expected && (cases.length === 1 ? identity.same : identity.among(expected))
  const sentence = expected ? (same ? agreeing : identity.differs(expected)) : null
  return { asked, expected, sentence, differs: expected !== null && !same }
}
