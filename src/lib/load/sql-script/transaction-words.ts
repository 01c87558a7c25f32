import type { IsolationLevel, TransactionOptions } from '../../ports/database-client.ts'
import type { SqlWord } from './scan.ts'

/** A statement by which a transaction begins or ends, or why it cannot be taken. Null for any other. */
export type TransactionWords =
  | { readonly role: 'begin'; readonly modes: TransactionOptions }
  | { readonly role: 'commit' | 'rollback' }
  | { readonly role: 'refused'; readonly reason: string }

const levels: Readonly<Record<string, IsolationLevel>> = {
  'READ UNCOMMITTED': 'read-uncommitted',
  'READ COMMITTED': 'read-committed',
  'REPEATABLE READ': 'repeatable-read',
  SERIALIZABLE: 'serializable',
}

/** Reads BEGIN, START TRANSACTION, COMMIT, END, ROLLBACK and ABORT; savepoints and prepared transactions are none of them. */
export function readTransactionWords(words: readonly SqlWord[]): TransactionWords | null {
  if (words.length > mostWords) return null
  const said = words.map(({ text }) => text.toUpperCase())
  const [first = '', second = ''] = said
  if (first === 'BEGIN' || (first === 'START' && second === 'TRANSACTION')) return readBegin(said.slice(1))
  const role = ends[first]
  return role === undefined ? null : readEnd(role, said.slice(1))
}

const ends: Readonly<Partial<Record<string, 'commit' | 'rollback'>>> = {
  COMMIT: 'commit',
  END: 'commit',
  ROLLBACK: 'rollback',
  ABORT: 'rollback',
}

const mostWords = 20

const fillers = new Set(['WORK', 'TRANSACTION', ',', 'DEFERRED', 'IMMEDIATE', 'EXCLUSIVE'])

function readBegin(words: readonly string[]): TransactionWords {
  const modes: { isolation?: IsolationLevel; readOnly?: boolean } = {}
  let at = 0
  while (at < words.length) {
    const rest = words.slice(at)
    const [word = '', next = '', third = ''] = rest
    const pair = `${third} ${rest[3] ?? ''}`.trim()
    const level = levels[pair] ?? levels[third]
    if (fillers.has(word)) {
      at++
    } else if (word === 'ISOLATION' && next === 'LEVEL' && level !== undefined) {
      modes.isolation = level
      at += levels[pair] === undefined ? 3 : pair.split(' ').length + 2
    } else if (word === 'READ' && (next === 'ONLY' || next === 'WRITE')) {
      modes.readOnly = next === 'ONLY'
      at += 2
    } else if (word === 'NOT' && next === 'DEFERRABLE') {
      at += 2
    } else {
      return {
        role: 'refused',
        reason: `a transaction cannot begin with ${rest.join(' ').slice(0, 60)}; it takes ISOLATION LEVEL ..., READ ONLY and READ WRITE`,
      }
    }
  }
  return { role: 'begin', modes }
}

function readEnd(role: 'commit' | 'rollback', words: readonly string[]): TransactionWords | null {
  const rest = words[0] === 'WORK' || words[0] === 'TRANSACTION' ? words.slice(1) : words
  const said = rest.join(' ')
  if (said === '' || said === 'AND NO CHAIN' || said === 'NO RELEASE' || said === 'AND NO CHAIN NO RELEASE')
    return { role }
  // To a savepoint, or of a transaction that was prepared before: this one goes on.
  if (rest[0] === 'TO' || rest[0] === 'PREPARED') return null
  return {
    role: 'refused',
    reason: `a transaction cannot end with ${said.slice(0, 60)}; write BEGIN again where the next is to begin`,
  }
}
