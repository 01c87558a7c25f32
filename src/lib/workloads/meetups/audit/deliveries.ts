import { createLedgerIndex, type LedgerIndex } from '../../../audit/ledger-index.ts'
import type { Store } from '../../../ports/database.ts'
import type { LedgerEntries } from '../../../ports/scenario.ts'
import type { Violation } from '../../../ports/workload.ts'
import { messages, rooms, type MessageRow } from '../chat/tables.ts'
import { deliveryAttempt, readDelivery } from '../ledger.ts'
import { inBatches } from './batches.ts'
import type { Yielder } from '../../../base/progress.ts'

/** Between which messages somebody was connected, both in. */
interface Window {
  readonly subscriber: string
  readonly from: string
  to: string
}

type StoredMessage = Pick<MessageRow, 'id' | 'room_id' | 'position'>

export function withoutDeliveries(ledger: LedgerEntries): LedgerEntries {
  return {
    count: ledger.count,
    async *read() {
      for await (const entry of ledger.read()) if (readDelivery(entry) === null) yield entry
    },
  }
}

/**
 * Holds what subscribers got against what is stored: each got every message of its room from the first to the last that is
 * noted of it (else `lost`). Memory grows with the connections, and by 13 bytes with each message that one of them got.
 */
export async function* auditDeliveries(
  store: Store,
  ledger: LedgerEntries,
  yielder: Yielder,
): AsyncGenerator<Violation> {
  const promised = createLedgerIndex(ledger.count)
  const windows = new Map<string, Map<string, Window>>()
  for await (const entry of ledger.read()) {
    if (yielder.step()) await yielder.yield()
    const delivery = readDelivery(entry)
    if (!delivery) continue
    promised.add(entry)
    widen(windows, delivery)
  }
  for await (const batch of inBatches(store.scan(rooms, ['id', 'state']), yielder)) {
    const followed = batch.filter(({ id, state }) => state === 'open' && windows.has(id)).map(({ id }) => id)
    if (followed.length === 0) continue
    const columns = ['id', 'room_id', 'position'] as const
    const stored = await store.find(messages, { room_id: { in: followed } }, { columns })
    const byRoom = Map.groupBy(stored, ({ room_id: id }) => id)
    for (const id of followed)
      for (const window of windows.get(id)!.values()) yield* auditWindow(window, byRoom.get(id) ?? [], promised)
  }
}

function widen(
  windows: Map<string, Map<string, Window>>,
  { roomId, subscriber, messageId }: NonNullable<ReturnType<typeof readDelivery>>,
): void {
  const room = windows.get(roomId) ?? new Map<string, Window>()
  windows.set(roomId, room)
  const window = room.get(subscriber)
  if (window) window.to = messageId
  else room.set(subscriber, { subscriber, from: messageId, to: messageId })
}

function* auditWindow(window: Window, stored: readonly StoredMessage[], promised: LedgerIndex): Generator<Violation> {
  const { subscriber, from, to } = window
  const positionOf = (wanted: string) => stored.find(({ id }) => id === wanted)?.position
  // That one of these is gone, the ledger's own audit says.
  const first = positionOf(from) ?? 0
  const last = positionOf(to) ?? Infinity
  for (const { id, room_id: roomId, position } of stored) {
    if (position < first || position > last) continue
    if (promised.match({ ...asRow(deliveryAttempt({ roomId, subscriber }, id)), id }) === 'acknowledged') continue
    const detail = `number ${position} of room ${roomId} never reached the subscriber ${subscriber}, which was connected`
    yield { kind: 'lost', key: `message ${id}`, detail }
  }
}

function asRow({ key, resource }: ReturnType<typeof deliveryAttempt>) {
  return { key, resource: String(resource) }
}
