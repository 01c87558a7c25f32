import { formatCount, formatDuration, formatLatency } from '../../base/format.ts'
import type { DocumentTable, ScreenBlock } from './document.ts'

/** The result of publishing orders. Times in ms. */
export interface PublishResult {
  /** Part of all its orders' ids. */
  readonly runId: string
  /** Without its password. */
  readonly broker: string
  /** Messages that the broker acknowledged: orders, and others. */
  readonly orders: number
  readonly invalid: number
  /** Batches that were published again because the broker was away. */
  readonly repeats: number
  /** From the first message to the last acknowledgement. */
  readonly durationMs: number
  readonly messagesPerSecond: number
  readonly ledger: string
  /** For each replica that was asked. */
  readonly readable: readonly ReadableFigures[]
}

/** When orders could be read from one replica. */
export interface ReadableFigures {
  readonly origin: string
  readonly orders: number
  readonly unreadable: number
  /** From when an order was handed to the broker; null when none could be read. */
  readonly p50: number | null
  readonly p99: number | null
  readonly max: number | null
  /** From the first message to when the last order asked for was there; null when one was missing. */
  readonly completeMs: number | null
}

/** Whether replicas were to be asked, and there was nothing to ask them for. */
export function askedForNothing({ readable }: Pick<PublishResult, 'readable'>): boolean {
  return readable.some(({ orders }) => orders === 0)
}

/** The result for a screen; `original` is what to compare it with, unless null. */
export function publishScreen(result: PublishResult, original: string | null): ScreenBlock[] {
  const { broker, orders, invalid, repeats, durationMs, messagesPerSecond, ledger, readable } = result
  const lines = [
    `${formatCount(orders + invalid)} messages acknowledged by ${broker} in ${formatDuration(durationMs)}, ${formatCount(Math.round(messagesPerSecond))} a second:`,
    `${formatCount(orders)} orders, ${formatCount(invalid)} invalid`,
    ...(repeats > 0 ? [`${formatCount(repeats)} batches were published again because the broker was away`] : []),
    ...(askedForNothing(result)
      ? ['nothing was measured: no order was published that a replica could be asked for']
      : []),
  ]
  return [
    lines.map((text) => ({ text })),
    readable.length > 0 ? [readableTable(readable)] : [],
    original === null ? [] : [{ text: original }],
    [{ text: `ledger ${ledger}` }],
  ]
}

function readableTable(readable: readonly ReadableFigures[]): DocumentTable {
  return {
    head: ['readable from', 'orders', 'missing', 'p50', 'p99', 'max', 'all after'],
    rows: readable.map(({ origin, orders, unreadable, p50, p99, max, completeMs }) => [
      origin,
      ...[orders, unreadable].map(formatCount),
      ...[p50, p99, max, completeMs].map(formatLatency),
    ]),
    numeric: [1, 2, 3, 4, 5, 6],
  }
}
