import { createHash } from 'node:crypto'
import { meanThinkMs } from '../../load/engine/iteration-time.ts'
import { outcomeOf } from '../../ports/outcome.ts'
import type { PreparingUser, Scenario, VirtualUser } from '../../ports/scenario.ts'
import { createRandom } from '../../base/random.ts'
import { recordAttempt, type ScenarioOptions } from '../shared/scenarios.ts'
import { damage, readBrokenReceipts, createGoods, createOrder } from './receipt-generator.ts'
import { receiptId } from './receipt-service.ts'
import { formatReceipt } from './receipt.ts'
import { defineScenario } from '../../load/scenarios/define-scenario.ts'

/** Between two receipts of a sender. In the open model arrivals set the pace. */
const thinkMs = [500, 1500] as const

/** Share of the receipts of `dirty` that are not good ones. */
const dirtyShare = 0.25

/** A receipt that is kept whole counts as taken, too: nothing was lost. */
const statuses = { bookedStatuses: [200, 201, 202], conflictStatuses: [] }

/** The resource in the ledger of an acknowledged receipt, by status: one that was not acknowledged may be either. */
const acknowledgedAs: Readonly<Record<number, string>> = { 200: 'order', 201: 'order', 202: 'rejected' }

/** Digits of an order number that tell the user: there are at most a million. */
const userDigits = 7

interface Sender {
  /** The beginning of all its order numbers. */
  readonly numbers: string
  orders: number
  last: string | null
}

/**
 * `steady` sends good receipts. `dirty` sends a quarter of others: broken ones, the last one once more, and another one
 * under the number of the last. `runId` makes the order numbers of this run unlike those of every other.
 */
export function createScenarios(options: ScenarioOptions, runId: string): readonly Scenario[] {
  const goods = createGoods(createRandom(options.seed))
  const run = runNumber(runId)
  let broken: Promise<readonly Buffer[]> | null = null

  function createSender(scenario: 1 | 2, { id }: PreparingUser): Sender {
    return { numbers: `${scenario}${run}${String(id).padStart(userDigits, '0')}`, orders: 0, last: null }
  }

  function nextReceipt({ random }: VirtualUser, sender: Sender): string {
    sender.orders++
    sender.last = formatReceipt(createOrder(`${sender.numbers}${sender.orders}`, goods, random))
    return sender.last
  }

  async function sendDirty(user: VirtualUser, sender: Sender, files: readonly Buffer[]): Promise<void> {
    const { last } = sender
    const ways = [
      () => send(user, 'broken receipt', user.random.pick(files)),
      () => send(user, 'broken receipt', damage(nextReceipt(user, sender), user.random)),
      ...(last === null
        ? []
        : [
            () => send(user, 'receipt again', last),
            () => send(user, 'broken receipt', last.replace(/(?<=Total: ).*/, '1.00')),
          ]),
    ]
    await user.random.pick(ways)()
  }

  return [
    defineScenario({
      name: 'steady',
      weight: 3,
      think: thinkMs,
      iterationMs: meanThinkMs(thinkMs),
      prepare: (user) => createSender(1, user),
      run: (user, sender) => send(user, 'receipt', nextReceipt(user, sender)),
    }),
    defineScenario({
      name: 'dirty',
      think: thinkMs,
      iterationMs: meanThinkMs(thinkMs),
      prepare: async (user) => ({ sender: createSender(2, user), files: await (broken ??= readBrokenReceipts()) }),
      run: (user, { sender, files }) =>
        user.random.float() < dirtyShare
          ? sendDirty(user, sender, files)
          : send(user, 'receipt', nextReceipt(user, sender)),
    }),
  ]
}

/** 15 digits: two runs of a database seldom have the same. */
function runNumber(runId: string): string {
  const hash = createHash('sha256').update(runId).digest('hex')
  return String(Number.parseInt(hash.slice(0, 12), 16)).padStart(15, '0')
}

const storedOrder = { name: 'id' }

async function send(user: VirtualUser, step: string, body: string | Buffer): Promise<void> {
  const response = await user.request({ step, method: 'POST', path: '/ticket', body, wantBody: true })
  const outcome = outcomeOf(response, statuses)
  const resource = acknowledgedAs[response.status] ?? 'receipt'
  const attempt = { key: receiptId(body), resource, outcome }
  await recordAttempt(user, response, attempt, resource === 'order' ? storedOrder : null)
}
