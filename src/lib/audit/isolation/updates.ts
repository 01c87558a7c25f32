import type { CycleEdge } from './anomalies.ts'
import { emptyVersion, type Item } from './items.ts'
import { unseen, type Observations, type Observed } from './observe.ts'

/** A key that a transaction wrote. */
interface Update {
  readonly transaction: number
  readonly item: Item
  /** The version that it saw before it wrote. */
  readonly seen: number
  readonly slot: number
}

/** Counts updates that others wrote over without having seen them. */
export function findLostUpdates(observed: Observed, { updates }: Observations): void {
  const { items } = observed.history
  /** Updates from a version whose order is not known, by item and version. */
  const forks = new Map<Item, Map<number, Update>>()
  for (let row = 0; row < updates.length; row += 5) {
    const item = items[updates.at(row + 1)]
    const update = { transaction: updates.at(row), seen: updates.at(row + 2), slot: updates.at(row + 3) }
    if (item === undefined || update.seen === unseen) continue
    const overwritten = firstOverwritten({ item, ...update })
    if (overwritten !== null) noteLostUpdate(observed, { item, ...update }, overwritten)
    if (item.isList && (overwritten !== null || item.positions[update.slot] !== -1)) continue
    const others = forks.get(item) ?? new Map<number, Update>()
    forks.set(item, others)
    const other = others.get(update.seen)
    if (other) noteFork(observed, other, { item, ...update })
    else others.set(update.seen, { item, ...update })
  }
}

/** The first element of others that stands between what the transaction saw and what it appended; null for none. */
function firstOverwritten({ item, seen, slot }: Update): number | null {
  const { isList, order, positions, undisputed } = item
  if (!isList || (seen !== emptyVersion && positions[seen] === -1)) return null
  const next = seen === emptyVersion ? 0 : (positions[seen] ?? -1) + 1
  const own = positions[slot] ?? -1
  // What nobody has read comes after all that was read.
  const place = own === -1 && undisputed === order.length ? order.length : own
  if (next >= place || place > undisputed) return null
  return order[next] ?? null
}

function noteLostUpdate({ history, anomalies, words }: Observed, update: Update, overwritten: number): void {
  const { transaction, item, seen, slot } = update
  const other = item.writers[overwritten] ?? -1
  anomalies.add('lost-update', [transaction, other], () => {
    const [late, early] = [words.name(transaction), words.name(other)]
    const read = words.version(item, seen)
    const hasRead = history.transactions[other]?.operations.some(
      (operation) => operation.kind === 'read-list' && words.version(item, seen) === readText(operation),
    )
    const wrote = words.write(item, overwritten)
    const [missed, added] = [words.value(item, overwritten), words.write(item, slot)]
    const story = `${late} read ${read}; ${early} ${hasRead === true ? `read the same and ${wrote}` : wrote}; ${late} ${added} without having seen ${missed}: an update was lost.`
    return { story, cycle: lostUpdateCycle(update, { other, overwritten }, { read, missed, early, late, added }) }
  })

  function readText({ elements }: { readonly elements: readonly (number | string)[] }): string {
    const last = elements.at(-1)
    return words.version(item, last === undefined ? emptyVersion : (item.slots.get(last) ?? emptyVersion))
  }
}

function lostUpdateCycle(
  { transaction, item: { key } }: Update,
  { other }: { readonly other: number; readonly overwritten: number },
  texts: Readonly<Record<'read' | 'missed' | 'early' | 'late' | 'added', string>>,
): CycleEdge[] {
  const { read, missed, early, late, added } = texts
  return [
    {
      from: transaction,
      to: other,
      dependency: 'rw',
      key,
      because: `${late} read ${read}, without ${early}'s ${missed}`,
    },
    { from: other, to: transaction, dependency: 'ww', key, because: `${late} ${added} after ${early}'s ${missed}` },
  ]
}

/** Two transactions read the same version and wrote the next one. */
function noteFork({ anomalies, words }: Observed, first: Update, second: Update): void {
  const { item, seen } = first
  anomalies.add('lost-update', [first.transaction, second.transaction], () => {
    const [one, two] = [words.name(first.transaction), words.name(second.transaction)]
    const read = words.version(item, seen)
    const [wrote, wroteToo] = [words.write(item, first.slot), words.write(item, second.slot)]
    const story = `${one} read ${read} and ${wrote}; ${two} read the same and ${wroteToo}: neither saw the other's, and one of the two updates was lost.`
    const edge = (from: Update, to: Update): CycleEdge => {
      const because = `${words.name(from.transaction)} read ${read}, without ${words.name(to.transaction)}'s ${words.value(item, to.slot)}`
      return { from: from.transaction, to: to.transaction, dependency: 'rw', key: item.key, because }
    }
    return { story, cycle: [edge(first, second), edge(second, first)] }
  })
}

/** Counts transactions that read one key twice and did not find the same. */
export function findNonRepeatableReads({ history, anomalies, words }: Observed, { rereads }: Observations): void {
  for (let row = 0; row < rereads.length; row += 4) {
    const [transaction, before, after] = [rereads.at(row), rereads.at(row + 2), rereads.at(row + 3)]
    const item = history.items[rereads.at(row + 1)]
    if (item === undefined) continue
    const wentBack = item.isList ? placeOf(item, after) < placeOf(item, before) : after === emptyVersion
    const changed = wentBack ? before : after
    const other = item.writers[changed] ?? -1
    if (item.isList && placeOf(item, changed) >= item.undisputed) continue
    anomalies.add('non-repeatable-read', [transaction, other], () => {
      const [reader, writer] = [words.name(transaction), words.name(other)]
      const [first, second] = [words.version(item, before), words.version(item, after)]
      const wrote = `${writer} ${words.write(item, changed)}`
      const story = wentBack
        ? `${wrote}; ${reader} read ${first} and, later in the same transaction, ${second}: its read could not be repeated.`
        : `${reader} read ${first}; ${wrote}; ${reader} read again, in the same transaction, ${second}: its read could not be repeated.`
      const missed = `${reader} read ${wentBack ? second : first}, without ${writer}'s ${words.value(item, changed)}`
      const saw = `${reader} read ${wentBack ? first : second}, with ${writer}'s ${words.value(item, changed)}`
      const cycle: CycleEdge[] = [
        { from: transaction, to: other, dependency: 'rw', key: item.key, because: missed },
        { from: other, to: transaction, dependency: 'wr', key: item.key, because: saw },
      ]
      return { story, cycle }
    })
  }
}

function placeOf({ positions }: Item, version: number): number {
  return version === emptyVersion ? -1 : (positions[version] ?? -1)
}
