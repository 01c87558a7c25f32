import type { AnomalyCounts } from './anomalies.ts'
import type { RecordedOperation, WrittenValue } from '../../ports/transaction-history.ts'
import { listText, operationText } from './operation-text.ts'
import { createIntList, type IntList } from './int-list.ts'
import { emptyVersion, type IndexedHistory, type Item } from './items.ts'
import { matchRead, type OddElement } from './version-order.ts'
import type { Words } from './words.ts'

/** No version was seen. */
export const unseen = -2

/** Facts about committed transactions, each a row of as many numbers as it has columns. */
export interface Observations {
  /** Versions read: transaction, item, version. */
  readonly reads: IntList
  /** Keys that were written: transaction, item, version seen before (or `unseen`), first and last slot of its own. */
  readonly updates: IntList
  /** Keys that were read twice with different results: transaction, item, both versions. */
  readonly rereads: IntList
}

/** The state of a key as a transaction has seen and made it so far. */
interface Own {
  /** The last version of others that it saw. */
  seen: number
  /** The last one before its own first write. */
  seenBeforeWrite: number
  readonly written: number[]
}

/** Everything that reads are held against. */
export interface Observed {
  readonly history: IndexedHistory
  readonly anomalies: AnomalyCounts
  readonly words: Words
}

/** Walks all committed transactions, and counts the anomalies that single reads show. */
export function observe({ history, anomalies, words }: Observed): Observations {
  const observations = { reads: createIntList(), updates: createIntList(), rereads: createIntList() }
  for (const [transaction, { operations, isLast = false }] of history.transactions.entries()) {
    if (history.counted[transaction] !== 1) continue
    const known = new Map<Item, Own>()
    for (const operation of operations) {
      const item = history.itemOf(operation)
      const own = known.get(item) ?? { seen: unseen, seenBeforeWrite: unseen, written: [] }
      known.set(item, own)
      if (operation.kind === 'append' || operation.kind === 'write') {
        own.written.push(item.slots.get(operation.value) ?? -1)
        continue
      }
      const step = { history, anomalies, words, transaction, item, own, operation }
      const version =
        operation.kind === 'read-list' ? observeList(step, operation.elements) : observeRegister(step, operation.value)
      if (isLast) noteLostWrites(step)
      if (version !== null) noteVersion(step, version, observations)
    }
    for (const [item, { seenBeforeWrite, written }] of known) {
      if (written.length === 0) continue
      const row = [transaction, item.index, seenBeforeWrite, written[0] ?? -1, written.at(-1) ?? -1]
      for (const value of row) observations.updates.push(value)
    }
  }
  return observations
}

/** A read of a transaction. */
interface Step extends Observed {
  readonly transaction: number
  readonly item: Item
  readonly own: Own
  readonly operation: RecordedOperation
}

function observeList(step: Step, elements: readonly WrittenValue[]): number | null {
  const { history, transaction, item, own } = step
  const read = matchRead(elements, item, history, transaction)
  for (const odd of read.odd) noteOddElement(step, odd)
  if (read.disputedAt !== null) item.undisputed = Math.min(item.undisputed, read.disputedAt)
  if (read.own.length !== own.written.length || read.own.some((slot, place) => slot !== own.written[place])) {
    noteInternal(step)
  }
  return read.version
}

function observeRegister(step: Step, value: WrittenValue | null): number | null {
  const { history, transaction, item, own } = step
  const slot = value === null ? emptyVersion : item.slots.get(value)
  if (slot === undefined) {
    noteOddElement(step, { kind: 'unwritten-value', value: value ?? '' })
    return null
  }
  const writer = item.writers[slot] ?? -1
  if (own.written.length > 0 || writer === transaction) {
    if (own.written.at(-1) !== slot) noteInternal(step)
    return null
  }
  if (slot !== emptyVersion && history.counted[writer] !== 1) {
    noteOddElement(step, { kind: 'G1a', value: value ?? '' })
    return null
  }
  return slot
}

/** Remembers the version that was read, and whether it is an intermediate one, or not the one that was read before. */
function noteVersion(step: Step, version: number, { reads, rereads }: Observations): void {
  const { anomalies, words, transaction, item, own, operation } = step
  for (const value of [transaction, item.index, version]) reads.push(value)
  const writer = item.writers[version] ?? -1
  if (version !== emptyVersion && item.finals[version] === false) {
    anomalies.add('G1b', [transaction, writer], () => {
      const { name } = words
      const write = `${name(writer)} ${words.write(item, version)} and went on to write ${item.key} again`
      const story = `${write}; ${name(transaction)} ${operationText(operation)}, which ends with what was there in between: an intermediate read.`
      return { story, cycle: [] }
    })
  }
  if (own.seen !== unseen && own.seen !== version) {
    for (const value of [transaction, item.index, own.seen, version]) rereads.push(value)
  }
  own.seen = version
  if (own.written.length === 0 || own.seenBeforeWrite === unseen) own.seenBeforeWrite = version
}

function noteInternal({ anomalies, words, transaction, item, own, operation }: Step): void {
  anomalies.add('internal', [transaction], () => {
    const written = own.written.map((slot) => item.values[slot] ?? '')
    const wrote = item.isList ? `appended ${listText(written)}` : `written ${written.at(-1) ?? 'nothing'}`
    const before = written.length === 0 ? 'before it had written to it' : `after it had ${wrote} itself`
    const story = `${words.name(transaction)} ${operationText(operation)} ${before}: its own writes are not what it reads.`
    return { story, cycle: [] }
  })
}

function noteOddElement(step: Step, { kind, value }: OddElement): void {
  const { history, anomalies, words, transaction, item, operation } = step
  if (kind === 'unwritten-value' && history.isPartial) return
  const writer = item.writers[item.slots.get(value) ?? -1] ?? -1
  const read = `${words.name(transaction)} ${operationText(operation)}`
  const others = {
    G1a: [writer],
    'incompatible-order': [item.orderedBy],
    'duplicate-elements': [],
    'unwritten-value': [],
  }
  const taken = [...new Set([transaction, ...others[kind]])]
  const stories = (): Record<typeof kind, string> => ({
    G1a: `${words.name(writer)} wrote ${value} to ${item.key} and was rolled back; ${read} all the same: an aborted read.`,
    'incompatible-order': `${read}; ${words.name(item.orderedBy)} read ${words.version(item, item.order.at(-1) ?? emptyVersion)}: neither is a beginning of the other, so that no order of the appends gives both.`,
    'duplicate-elements': `${read}: ${value} is there more than once, though it was appended once.`,
    'unwritten-value': `${read}, though nobody wrote ${value}.`,
  })
  anomalies.add(kind, taken, () => ({ story: stories()[kind], cycle: [] }))
}

/** The last read of a list has everything that was acknowledged; one of a register has something. */
function noteLostWrites({ history, anomalies, words, transaction, item, operation }: Step): void {
  if (operation.kind !== 'read' && operation.kind !== 'read-list') return
  const isRead = new Set(operation.kind === 'read-list' ? operation.elements : [])
  if (operation.kind === 'read' && operation.value !== null) return
  for (const [slot, writer] of item.writers.entries()) {
    const value = item.values[slot] ?? ''
    if (history.transactions[writer]?.outcome !== 'committed' || isRead.has(value)) continue
    anomalies.add('lost-write', [writer, transaction], () => {
      const wrote = `${words.name(writer)} ${words.write(item, slot)} ${item.isList ? 'to' : 'into'} ${item.key} and was acknowledged`
      const story = `${wrote}; when all had ended, ${words.name(transaction)} ${operationText(operation)}: the write was lost.`
      return { story, cycle: [] }
    })
    if (!item.isList) return
  }
}
