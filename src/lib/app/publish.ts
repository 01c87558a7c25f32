import { randomUUID } from 'node:crypto'
import { openBroker } from '../adapters/brokers/registry.ts'
import { failure } from '../base/errors/errors.ts'
import { realClock } from '../base/measure/clock.ts'
import { quantile } from '../base/stats/quantiles.ts'
import type { Settings } from '../config/settings.ts'
import { createSocketClient } from '../load/clients/http/socket-client.ts'
import { requireTarget, shownTarget } from '../load/clients/target.ts'
import { createLedgerBesideReport, createLedgerFile, requireNewLedger } from '../load/ledger/ledger-file.ts'
import { startLedger } from '../load/ledger/ledger.ts'
import { requireWritable } from '../record/store.ts'
import type { PublishResult, ReadableFigures } from '../render/document/publish-screen.ts'
import { publishOrders } from '../workloads/orders/publish.ts'
import { followReadings, type Readable, type Replica } from '../workloads/orders/readable.ts'
import type { RunContext } from './run-context.ts'

/** Options of a publication that are no settings. */
export interface PublishRequest {
  /** Replicas that the orders are to be readable from. */
  readonly targets: readonly string[]
  /** New file; undefined: one beside the reports. */
  readonly ledger: string | undefined
}

/**
 * Publishes generated orders, keeps a ledger of what the broker acknowledged, and times when replicas can read them.
 * Throws `target-unreachable` before anything is published.
 */
export async function publishAndFollow(
  context: RunContext,
  values: Settings,
  { targets, ledger: ledgerPath }: PublishRequest,
): Promise<PublishResult> {
  const { signal: stopped } = context
  if (ledgerPath === undefined) await requireWritable(values.reports)
  else await requireNewLedger(ledgerPath)
  const origins = targets.map(requireTarget)
  const runId = randomUUID().slice(0, 8)
  const startedAt = new Date()
  await Promise.all(origins.map((origin) => requireReplica(origin, values.timeout)))
  await using broker = await openBroker(values.broker)
  const replicas = openReplicas(origins, values.timeout)
  const file = await (ledgerPath === undefined
    ? createLedgerBesideReport(values.reports, startedAt, 'publish')
    : createLedgerFile(ledgerPath))
  const head = { run: runId, workload: 'orders', target: broker.url, startedAt: startedAt.toISOString() }
  const ledger = await startLedger({ ...file, remove: null }, head)
  const failed = new AbortController()
  const signal = AbortSignal.any([stopped, failed.signal])
  const readings = followReadings(replicas, values.messages, { clock: realClock, signal, withinMs: values.within })
  const beganAt = realClock.now()
  try {
    const published = await context.progress.track('Publishing', 'messages', (onProgress) =>
      publishOrders(
        { ...values, runId },
        { broker, ledger, clock: realClock, signal: stopped, onProgress, onAcknowledged: readings.expect },
      ),
    )
    const messagesPerSecond = ((published.orders + published.invalid) / published.durationMs) * 1000
    const readable = await (replicas.length === 0
      ? readings.finish()
      : context.progress.track('Reading', 'orders', readings.finish))
    return {
      runId,
      broker: broker.url,
      ...published,
      messagesPerSecond,
      ledger: file.path,
      readable: readable.map((reading) => figuresOf(reading, beganAt)),
    }
  } finally {
    failed.abort()
    for (const { client } of replicas) await client.close()
    await ledger.close()
  }
}

/** Orders that nobody can read would be waited for in vain. */
async function requireReplica(origin: string, timeoutMs: number): Promise<void> {
  const client = createSocketClient(origin, timeoutMs)
  const path = '/orders?limit=1'
  const { reason, status } = await client.request({ method: 'GET', path, wantBody: false })
  await client.close()
  const why = status === 200 ? null : (reason ?? `it responds to GET ${path} with status ${status}`)
  if (why !== null) throw failure('target-unreachable', { target: shownTarget(origin), reason: why })
}

function openReplicas(origins: readonly string[], timeoutMs: number): Replica[] {
  return origins.map((origin) => ({ origin: shownTarget(origin), client: createSocketClient(origin, timeoutMs) }))
}

function figuresOf({ origin, orders, unreadable, latencies, completeAt }: Readable, beganAt: number): ReadableFigures {
  const at = (q: number): number | null => (latencies.length > 0 ? quantile(latencies, q) : null)
  const completeMs = orders > 0 && unreadable === 0 ? completeAt - beganAt : null
  return { origin, orders, unreadable, p50: at(0.5), p99: at(0.99), max: at(1), completeMs }
}
