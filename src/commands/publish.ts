import { randomUUID } from 'node:crypto'
import { Flags } from '@oclif/core'
import { BaseCommand, settingFlags } from '../lib/cli/base-command.ts'
import { besideOriginalFlag } from '../lib/cli/beside-original.ts'
import { openBroker } from '../lib/adapters/brokers/registry.ts'
import type { Settings } from '../lib/config/settings.ts'
import { createSocketClient } from '../lib/load/clients/http/socket-client.ts'
import { createLedgerBesideReport, createLedgerFile, requireNewLedger } from '../lib/load/ledger/ledger-file.ts'
import { startLedger } from '../lib/load/ledger/ledger.ts'
import { requireTarget, shownTarget } from '../lib/load/clients/target.ts'
import { realClock } from '../lib/base/measure/clock.ts'
import {
  askedForNothing,
  publishSummary,
  type PublishResult,
  type ReadableFigures,
} from '../lib/render/terminal/publish-text.ts'
import { requireWritable } from '../lib/record/store.ts'
import { quantile } from '../lib/base/stats/quantiles.ts'
import { ordersWorkload } from '../lib/workloads/orders/index.ts'
import { publishOrders } from '../lib/workloads/orders/publish.ts'
import { followReadings, type Readable, type Replica } from '../lib/workloads/orders/readable.ts'

export default class Publish extends BaseCommand {
  static override summary = 'Publish orders to the broker, and say when they can be read.'
  static override description = `Publishes made-up orders to the subject orders, some of them broken on purpose, and writes down what
the broker acknowledged: "rushbench audit --workload orders --ledger FILE" holds it against the tables.
With --target, asks each replica for the orders until they are there, and says how long that took; of
more than 2,000 orders, it asks for 2,000 spread over all. Ctrl-C ends it after the messages under way.

Exits with 4 when an order could not be read for a minute, with 3 when there was none to be read.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --count 1000 --interval 5ms --invalid 10%',
    '<%= config.bin %> <%= command.id %> --count 1000 --broker nats://127.0.0.1:4222 --target http://127.0.0.1:3000 --target http://127.0.0.1:3001',
  ]
  static override flags = {
    target: Flags.string({
      summary: 'replica that the orders are to be readable from; may be repeated',
      multiple: true,
    }),
    ledger: Flags.string({ summary: 'new file for what the broker acknowledged [default: beside the reports]' }),
    ...besideOriginalFlag,
    ...settingFlags('messages', 'interval', 'invalid', 'broker', 'seed', 'reports'),
  }

  async run(): Promise<PublishResult> {
    const { flags } = await this.parse(Publish)
    const { values } = await this.resolveSettings(flags)
    if (flags.ledger === undefined) await requireWritable(values.reports)
    else await requireNewLedger(flags.ledger)
    const result = await this.#publish(values, (flags.target ?? []).map(requireTarget), flags.ledger)
    this.log(publishSummary(result, flags['beside-original'] ? ordersWorkload.original : null))
    if (this.signal.aborted) this.endWith('interrupted')
    else if (result.readable.some(({ unreadable }) => unreadable > 0)) this.endWith('auditFailed')
    else if (askedForNothing(result)) this.endWith('thresholdNotMet')
    return result
  }

  async #publish(values: Settings, targets: readonly string[], ledgerPath?: string): Promise<PublishResult> {
    const runId = randomUUID().slice(0, 8)
    const startedAt = new Date()
    await using broker = await openBroker(values.broker)
    const replicas = openReplicas(targets, values.timeout)
    const file = await (ledgerPath === undefined
      ? createLedgerBesideReport(values.reports, startedAt, 'publish')
      : createLedgerFile(ledgerPath))
    const head = { run: runId, workload: 'orders', target: broker.url, startedAt: startedAt.toISOString() }
    const ledger = await startLedger({ ...file, remove: null }, head)
    const stop = new AbortController()
    const signal = AbortSignal.any([this.signal, stop.signal])
    const readings = followReadings(replicas, values.messages, { clock: realClock, signal })
    const beganAt = realClock.now()
    try {
      const published = await this.withProgress('Publishing', 'messages', (onProgress) =>
        publishOrders(
          { ...values, runId },
          { broker, ledger, clock: realClock, signal: this.signal, onProgress, onAcknowledged: readings.expect },
        ),
      )
      const messagesPerSecond = ((published.orders + published.invalid) / published.durationMs) * 1000
      const readable = (await readings.finish()).map((reading) => figuresOf(reading, beganAt))
      return { runId, broker: broker.url, ...published, messagesPerSecond, ledger: file.path, readable }
    } finally {
      stop.abort()
      for (const { client } of replicas) await client.close()
      await ledger.close()
    }
  }
}

function openReplicas(targets: readonly string[], timeoutMs: number): Replica[] {
  return targets.map((target) => ({ origin: shownTarget(target), client: createSocketClient(target, timeoutMs) }))
}

function figuresOf({ origin, orders, unreadable, latencies, completeAt }: Readable, beganAt: number): ReadableFigures {
  const at = (q: number): number | null => (latencies.length > 0 ? quantile(latencies, q) : null)
  const completeMs = orders > 0 && unreadable === 0 ? completeAt - beganAt : null
  return { origin, orders, unreadable, p50: at(0.5), p99: at(0.99), max: at(1), completeMs }
}
