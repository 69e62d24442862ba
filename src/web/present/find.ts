import type { NamesFound } from '../../accounts/find.ts'
import { formatCustomerId } from '../../customer-id.ts'
import { type AccountMarks, accountMarks, nameMark } from './account-marks.ts'
import type { FindInput } from './find-case.ts'
import { type FindQuery, findHref } from './find-query.ts'
import { type FindResult, resultMark } from './find-result.ts'
import { integer } from './numbers.ts'

export interface FindLocals {
  title: string
  query: FindQuery
  form: {
    text: string
    expected: string
    connections: { value: string; label: string; selected: boolean }[]
    badId: string | null
  }
  names: NamesMark | null
  /** Said when a name led to exactly one account. */
  onlyMatch: string | null
  result: FindResult | null
}

export interface NamesMark {
  title: string
  lead: string | null
  more: string | null
  rows: { account: AccountMarks; through: string[]; href: string; pickLabel: string }[]
  searched: string[]
}

export function presentFind(input: FindInput): FindLocals {
  const { t, query, connections, names, found } = input
  const [match] = names?.matches ?? []
  return {
    title: t.find.title,
    query,
    form: {
      text: query.customerId ? formatCustomerId(query.customerId) : query.text,
      expected: query.expected ?? '',
      connections: [
        { value: '', label: t.find.fields.anyConnection, selected: query.connectionId === null },
        ...connections.map(({ id, email }) => ({ value: id, label: email, selected: id === query.connectionId })),
      ],
      badId: !query.customerId && /\d{4}/.test(query.text) ? t.find.badId(query.text) : null,
    },
    names: names && !found ? namesMark(input, names) : null,
    onlyMatch:
      names && found && match ? t.find.names.one(nameMark(match.account.descriptiveName, t).text, query.text) : null,
    result: found && resultMark(input, found),
  }
}

function namesMark({ t, query, connections }: FindInput, { matches, total, searched }: NamesFound): NamesMark {
  const emailOf = (id: string) => connections.find(each => each.id === id)?.email ?? ''
  return {
    title: total === 0 ? t.find.names.none(query.text) : t.find.names.title(total, query.text),
    lead: total === 0 ? t.find.names.noneText : t.find.names.lead,
    more: total > matches.length ? t.find.names.more(integer(total, t)) : null,
    rows: matches.map(({ account, connectionIds }) => {
      const marks = accountMarks(account, t)
      return {
        account: marks,
        through: connectionIds.map(emailOf),
        href: findHref({ ...query, text: account.customerId }),
        pickLabel: t.find.names.pickLabel(marks.name.text, marks.shownId),
      }
    }),
    searched: searched.map(({ connectionId, roots, late }) => {
      const count = roots.reduce((sum, { searched: below }) => sum + (below?.accounts ?? 1), 0)
      const email = emailOf(connectionId)
      const partly = late || roots.some(({ searched: below, account }) => account.problem === null && !below?.complete)
      const text = roots.length > 0 ? t.find.names.searched(email, t.words.accounts(count)) : t.find.names.unread(email)
      return partly && roots.length > 0 ? `${text}. ${t.find.names.partly}` : text
    }),
  }
}
